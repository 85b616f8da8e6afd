using System.Text.Json.Serialization;
using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Machines;

/// <summary>All that is kept of a virtual machine: the content of its configuration file.</summary>
/// <remarks>
/// Properties with a default value can be set, not only initialized: the generated JSON reader gives an absent one that can only be
/// initialized the value 0 or null.
/// </remarks>
public sealed record MachineConfiguration
{
    /// <summary>Number of the file's format; this program reads and writes 1.</summary>
    public int Format { get; set; } = 1;

    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name; need not be unique.</summary>
    public required string Name { get; init; }

    /// <summary>The user's notes.</summary>
    public string Notes { get; set; } = "";

    /// <summary>When the machine was created.</summary>
    public required DateTimeOffset CreationTime { get; init; }

    /// <summary>Configuration version, such as 12.0.</summary>
    public required string Version { get; init; }

    /// <summary>Generation, 1 or 2.</summary>
    public int Generation { get; set; } = 1;

    /// <summary>The engine that the user chose.</summary>
    public WorkerEngine Engine { get; set; } = WorkerEngine.Auto;

    /// <summary>Bytes of memory, a multiple of 1 MiB.</summary>
    public required long MemoryStartupBytes { get; init; }

    /// <summary>
    /// Least bytes of dynamic memory, at most <see cref="MemoryStartupBytes"/>; null for Hyper-V's 512 MiB, or less if the machine starts
    /// with less. It has no effect, as there is no dynamic memory.
    /// </summary>
    public long? MemoryMinimumBytes { get; init; }

    /// <summary>
    /// Most bytes of dynamic memory, at least <see cref="MemoryStartupBytes"/>; null for Hyper-V's 1 TiB, or more if the machine starts with
    /// more. It has no effect, as there is no dynamic memory.
    /// </summary>
    public long? MemoryMaximumBytes { get; init; }

    /// <summary>Percent of memory that dynamic memory would hold ready, 5 to 2000. It has no effect, as there is no dynamic memory.</summary>
    public int MemoryBuffer { get; set; } = 20;

    /// <summary>Priority among machines with dynamic memory, 0 to 100. It has no effect, as there is no dynamic memory.</summary>
    public int MemoryPriority { get; set; } = 50;

    /// <summary>Least bytes of dynamic memory, as set or by default.</summary>
    [JsonIgnore]
    public long EffectiveMinimumBytes => MemoryMinimumBytes ?? Math.Min(512L << 20, MemoryStartupBytes);

    /// <summary>Most bytes of dynamic memory, as set or by default.</summary>
    [JsonIgnore]
    public long EffectiveMaximumBytes => MemoryMaximumBytes ?? Math.Max(1L << 40, MemoryStartupBytes);

    /// <summary>Number of virtual processors.</summary>
    public int ProcessorCount { get; set; } = 1;

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    public bool ExposeVirtualizationExtensions { get; init; }

    /// <summary>Processor features hidden from the guest, as <see cref="WorkerConfiguration.MaskedCpuFeatures"/> writes them.</summary>
    public IReadOnlyList<string> MaskedProcessorFeatures { get; set; } = [];

    /// <summary>Absolute path of the kernel; null for none.</summary>
    public string? KernelPath { get; init; }

    /// <summary>Absolute path of the initial RAM disk; null for none.</summary>
    public string? InitialRamDiskPath { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string KernelCommandLine { get; set; } = "";

    /// <summary>Virtual hard disks, in the order in which the guest finds them.</summary>
    public IReadOnlyList<DiskConfiguration> Disks { get; set; } = [];

    /// <summary>Network adapters.</summary>
    public IReadOnlyList<NetworkAdapterConfiguration> NetworkAdapters { get; set; } = [];

    /// <summary>Number of SCSI controllers, 0 to 4.</summary>
    public int ScsiControllerCount { get; set; } = 1;

    /// <summary>Absolute path of the Unix socket of the first serial port; null for one in the service's runtime folder.</summary>
    public string? ComPort1Path { get; init; }

    /// <summary>Absolute path of the Unix socket of the second serial port; null for a machine without one.</summary>
    public string? ComPort2Path { get; init; }

    /// <summary>Whether the machine has the test devices that hypervisor test images expect.</summary>
    public bool TestDevices { get; init; }
}
