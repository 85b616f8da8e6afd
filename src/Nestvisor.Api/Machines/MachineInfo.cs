using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Machines;

/// <summary>A virtual machine as it is now.</summary>
public sealed record MachineInfo
{
    /// <summary>Its configuration.</summary>
    public required MachineConfiguration Configuration { get; init; }

    /// <summary>Folder of its configuration.</summary>
    public required string ConfigurationLocation { get; init; }

    /// <summary>Its state.</summary>
    public required MachineState State { get; init; }

    /// <summary>How it is, for people; of a machine that is off, why the last run ended.</summary>
    public required string Status { get; init; }

    /// <summary>The engine that runs it; null while it is off.</summary>
    public WorkerEngine? RunningEngine { get; init; }

    /// <summary>Guest time since the start, in milliseconds.</summary>
    public long UptimeMilliseconds { get; init; }

    /// <summary>Share of its virtual processors' capacity that it uses, 0 to 100.</summary>
    public int CpuUsagePercent { get; init; }

    /// <summary>Bytes of memory the guest has now.</summary>
    public long MemoryAssigned { get; init; }

    /// <summary>The worker's process; null while the machine is off.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Path of the socket of the serial console; null while the machine is off.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>File that holds the serial console's output of the current or last run.</summary>
    public required string ConsoleLog { get; init; }

    /// <summary>How its network adapters are; empty while it is off.</summary>
    public IReadOnlyList<WorkerAdapterStatus> NetworkAdapters { get; set; } = [];

    /// <summary>What of it does not work as it should while it runs, for people.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];

    /// <summary>Whether it is only planned: an exported machine that is to be imported.</summary>
    public bool Planned { get; init; }

    /// <summary>Share of its export that is done, 0 to 100; null if it is not being exported.</summary>
    public int? ExportPercent { get; init; }

    /// <summary>How the last run ended; null if there was none.</summary>
    public WorkerExit? LastExit { get; init; }
}
