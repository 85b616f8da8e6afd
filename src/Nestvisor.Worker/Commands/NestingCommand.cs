using System.Text.Json;
using Nestvisor.Api.Worker;
using Nestvisor.Worker.Nesting;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary><c>check --nested</c>: each thing that nesting needs, per engine, whether it is there, and what to do if not.</summary>
internal static class NestingCommand
{
    /// <summary>Prints the checks.</summary>
    /// <returns>Success if a machine with the engine Auto can nest.</returns>
    public static int Execute(bool json)
    {
        LinuxHost host = new();
        IReadOnlyList<WorkerNestingCheck> checks = NestingChecks.Run(host);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(checks, WorkerJsonContext.Default.IReadOnlyListWorkerNestingCheck));
        }
        else
        {
            foreach (WorkerNestingCheck check in checks)
            {
                Console.WriteLine($"{check.Engine} {check.Name}: {check.Result}. {check.Found}");
                if (check.Remedy is { } remedy)
                {
                    Console.WriteLine($"  {remedy}");
                }
            }
        }

        return !host.Kvm.Automatic || host.Kvm.CanNest ? ExitCode.Success : ExitCode.StartFailed;
    }
}
