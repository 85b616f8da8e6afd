namespace Nestvisor.Api.Worker;

/// <summary>What a <see cref="WorkerObstacle"/> is about.</summary>
public enum WorkerObstacleKind
{
    /// <summary>A value of the configuration.</summary>
    Configuration,

    /// <summary>The engine cannot be used here, or cannot nest here.</summary>
    Engine,

    /// <summary>The saved state was written by another version, with another processor, or is damaged.</summary>
    SavedState,
}
