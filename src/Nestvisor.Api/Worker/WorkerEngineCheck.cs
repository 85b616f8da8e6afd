namespace Nestvisor.Api.Worker;

/// <summary>What an engine can do on this host.</summary>
public sealed record WorkerEngineCheck
{
    /// <summary>The engine.</summary>
    public required WorkerEngine Engine { get; init; }

    /// <summary>Whether it can run guests.</summary>
    public required bool Usable { get; init; }

    /// <summary>Whether <see cref="WorkerEngine.Auto"/> may take it.</summary>
    public required bool Automatic { get; init; }

    /// <summary>Whether its guests can have virtualization extensions.</summary>
    public required bool CanNest { get; init; }

    /// <summary>Why not, one sentence each; empty if nothing is in the way.</summary>
    public IReadOnlyList<string> Reasons { get; set; } = [];
}
