namespace Nestvisor.Api.Worker;

/// <summary>What <c>nestvisor-worker check --json</c> prints: whether this host can run and nest virtual machines.</summary>
public sealed record WorkerHostCheck
{
    /// <summary>The engine that <see cref="WorkerEngine.Auto"/> means here.</summary>
    public required WorkerEngine AutomaticEngine { get; init; }

    /// <summary>Each engine.</summary>
    public required IReadOnlyList<WorkerEngineCheck> Engines { get; init; }
}
