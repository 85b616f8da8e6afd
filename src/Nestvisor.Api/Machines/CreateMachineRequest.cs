using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Machines;

/// <summary>What a new virtual machine is made of; what is null gets Hyper-V's default.</summary>
public sealed record CreateMachineRequest
{
    /// <summary>Name; null for "New Virtual Machine".</summary>
    public string? Name { get; init; }

    /// <summary>Bytes of memory; null for 512 MiB.</summary>
    public long? MemoryStartupBytes { get; init; }

    /// <summary>Configuration version; null for the newest.</summary>
    public string? Version { get; init; }

    /// <summary>Generation; null for 1.</summary>
    public int? Generation { get; init; }

    /// <summary>Engine; null for Auto.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>The virtual switch to connect the network adapter to; null for none.</summary>
    public Guid? SwitchId { get; init; }

    /// <summary>Absolute path of a disk to attach; null for none.</summary>
    public string? DiskPath { get; init; }

    /// <summary>Absolute path of the folder in which the machine gets a folder of its own for its configuration; null for the service's.</summary>
    public string? Path { get; init; }

    /// <summary>Absolute path of a new disk to make and attach, or the name of a file in the host's folder for disks; null for none.</summary>
    public string? NewDiskPath { get; init; }

    /// <summary>Bytes of the new disk; null for none.</summary>
    public long? NewDiskSizeBytes { get; init; }
}
