using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Machines;

/// <summary>A change of a virtual machine's configuration: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeMachineRequest
{
    /// <summary>New name.</summary>
    public string? Name { get; init; }

    /// <summary>New notes.</summary>
    public string? Notes { get; init; }

    /// <summary>New engine.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>New number of bytes of memory.</summary>
    public long? MemoryStartupBytes { get; init; }

    /// <summary>New least bytes of dynamic memory.</summary>
    public long? MemoryMinimumBytes { get; init; }

    /// <summary>New most bytes of dynamic memory.</summary>
    public long? MemoryMaximumBytes { get; init; }

    /// <summary>New percent of memory that dynamic memory would hold ready.</summary>
    public int? MemoryBuffer { get; init; }

    /// <summary>New priority among machines with dynamic memory.</summary>
    public int? MemoryPriority { get; init; }

    /// <summary>New configuration version; none older than the machine's.</summary>
    public string? Version { get; init; }

    /// <summary>New number of virtual processors.</summary>
    public int? ProcessorCount { get; init; }

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    public bool? ExposeVirtualizationExtensions { get; init; }

    /// <summary>New list of hidden processor features.</summary>
    public IReadOnlyList<string>? MaskedProcessorFeatures { get; init; }

    /// <summary>New kernel; an empty string takes it away.</summary>
    public string? KernelPath { get; init; }

    /// <summary>New initial RAM disk; an empty string takes it away.</summary>
    public string? InitialRamDiskPath { get; init; }

    /// <summary>New command line of the kernel.</summary>
    public string? KernelCommandLine { get; init; }

    /// <summary>New absolute path of the Unix socket of the first serial port; an empty string takes it away.</summary>
    public string? ComPort1Path { get; init; }

    /// <summary>New absolute path of the Unix socket of the second serial port; an empty string takes the port away.</summary>
    public string? ComPort2Path { get; init; }

    /// <summary>Whether the machine has the test devices.</summary>
    public bool? TestDevices { get; init; }
}
