namespace Nestvisor.Api.Worker;

/// <summary>How a run of a virtual machine ended: the answer to <see cref="WorkerMethod.Wait"/> and the content of the status file.</summary>
public sealed record WorkerExit
{
    /// <summary>Identifier of the virtual machine.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of the virtual machine.</summary>
    public required string Name { get; init; }

    /// <summary>Why it ended.</summary>
    public required WorkerExitReason Reason { get; init; }

    /// <summary>What went wrong, for people; null if nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>The test device's code, for <see cref="WorkerExitReason.TestExit"/>.</summary>
    public int? TestExitCode { get; init; }

    /// <summary>The engine that ran it; null if it could not be started.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>Guest time of the run, in milliseconds.</summary>
    public long UptimeMilliseconds { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The last values of the counters (<see cref="WorkerMethod.Statistics"/>).</summary>
    public IReadOnlyDictionary<string, long> Counters { get; set; } = new Dictionary<string, long>();
}
