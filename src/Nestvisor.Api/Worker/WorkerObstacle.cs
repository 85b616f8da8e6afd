namespace Nestvisor.Api.Worker;

/// <summary>Something that keeps a machine from running on this host: an element of what <c>nestvisor-worker judge --config FILE</c> prints.</summary>
public sealed record WorkerObstacle
{
    /// <summary>What it is about.</summary>
    public required WorkerObstacleKind Kind { get; init; }

    /// <summary>What is wrong and what to do, for people.</summary>
    public required string Message { get; init; }
}
