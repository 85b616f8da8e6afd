namespace Nestvisor.Api.Worker;

/// <summary>What the method <see cref="WorkerMethod.Status"/> answers.</summary>
public sealed record WorkerStatus
{
    /// <summary>Identifier of the virtual machine.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of the virtual machine.</summary>
    public required string Name { get; init; }

    /// <summary>The worker's process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>State of the machine.</summary>
    public required WorkerState State { get; init; }

    /// <summary>The engine that runs it: Kvm or Software, never Auto.</summary>
    public required WorkerEngine Engine { get; init; }

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    public bool ExposeVirtualizationExtensions { get; init; }

    /// <summary>Number of virtual processors.</summary>
    public int ProcessorCount { get; init; }

    /// <summary>Guest time since the start, in milliseconds; it stands still while the machine is paused.</summary>
    public long UptimeMilliseconds { get; init; }

    /// <summary>Bytes of memory the guest has.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes of the worker that are resident, the guest's memory among them: the host commits it on first use.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Processor time of the worker since its start, in milliseconds.</summary>
    public long ProcessorTimeMilliseconds { get; init; }

    /// <summary>Share of its virtual processors' capacity that the machine used since the previous question, 0 to 100.</summary>
    public int CpuUsagePercent { get; init; }

    /// <summary>Its network adapters, in the order of the configuration.</summary>
    public IReadOnlyList<WorkerAdapterStatus> NetworkAdapters { get; set; } = [];

    /// <summary>How it ended; null while it has not.</summary>
    public WorkerExit? Exit { get; init; }
}
