using System.Text.Json;
using Nestvisor.Api.Worker;
using Nestvisor.Machine.State;
using Nestvisor.Worker.Engines;
using Nestvisor.Worker.Running;

namespace Nestvisor.Worker.Commands;

/// <summary>
/// <c>judge --config FILE</c>: what keeps a machine from running on this host, as JSON. It looks at the engine, the processor that the guest
/// would find and the head of the saved state; it starts nothing.
/// </summary>
internal static class JudgeCommand
{
    public static int Execute(string path)
    {
        List<WorkerObstacle> obstacles = [];
        try
        {
            Judge(ConfigurationFile.Read(path), obstacles);
        }
        catch (ConfigurationException e)
        {
            Add(obstacles, WorkerObstacleKind.Configuration, e);
        }

        Console.WriteLine(JsonSerializer.Serialize(obstacles, WorkerJsonContext.Default.IReadOnlyListWorkerObstacle));
        return obstacles.Count == 0 ? ExitCode.Success : ExitCode.StartFailed;
    }

    private static void Judge(WorkerConfiguration configuration, List<WorkerObstacle> obstacles)
    {
        EngineChoice engine;
        try
        {
            engine = EngineChoice.Make(configuration);
        }
        catch (EngineUnavailableException e)
        {
            Add(obstacles, WorkerObstacleKind.Engine, e);
            return;
        }
        catch (FormatException e)
        {
            Add(obstacles, WorkerObstacleKind.Configuration, e);
            return;
        }

        if (!configuration.RestoreSavedState)
        {
            return;
        }

        try
        {
            using FileStream file = new(configuration.SavedStateFile!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            SavedStateFile.ReadHeader(file, configuration.Id);
            SavedMachine.Check(file, (ulong)configuration.MemoryBytes, configuration.ProcessorCount, engine.Profile);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Add(obstacles, WorkerObstacleKind.SavedState, e);
        }
    }

    private static void Add(List<WorkerObstacle> obstacles, WorkerObstacleKind kind, Exception e) =>
        obstacles.Add(new WorkerObstacle { Kind = kind, Message = e.Message });
}
