using System.Text.Json;
using Nestvisor.Api.Worker;
using Nestvisor.Worker.Engines;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary><c>check</c>: what this host can do, per engine, and why not.</summary>
internal static class CheckCommand
{
    public static int Execute(bool json)
    {
        WorkerHostCheck check = EngineChoice.CheckHost();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(check, WorkerJsonContext.Default.WorkerHostCheck));
        }
        else
        {
            foreach (WorkerEngineCheck engine in check.Engines)
            {
                string chosen = engine.Engine == check.AutomaticEngine ? ", chosen automatically" : string.Empty;
                Console.WriteLine(
                    $"{engine.Engine}: {(engine.Usable ? "usable" : "not usable")}, nesting {(engine.CanNest ? "possible" : "not possible")}{chosen}");
                foreach (string reason in engine.Reasons)
                {
                    Console.WriteLine($"  {reason}");
                }
            }
        }

        return check.Engines.Any(engine => engine.Engine == check.AutomaticEngine && engine.Usable) ? ExitCode.Success : ExitCode.StartFailed;
    }
}
