using Nestvisor.Devices;
using Nestvisor.Devices.Serial;
using Nestvisor.Devices.Virtio;
using Nestvisor.Machine.Boot;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Machine;

/// <summary>Everything that a <see cref="PcMachine"/> is made of.</summary>
public sealed record PcMachineConfiguration
{
    /// <summary>Most processors: the xAPIC ids that the tables and the IOAPIC can name.</summary>
    public const int MaximumProcessors = 254;

    /// <summary>Bytes of RAM, a multiple of 4096.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>Number of processors, 1 to <see cref="MaximumProcessors"/>.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>What CPUID says.</summary>
    public required CpuProfile Profile { get; init; }

    /// <summary>Makes the partition: memory, clock, profile and number of processors are given.</summary>
    public required Func<GuestMemory, VmClock, CpuProfile, int, Partition> Engine { get; init; }

    /// <summary>What the machine boots.</summary>
    public required BootConfiguration Boot { get; init; }

    /// <summary>The host's end of COM1.</summary>
    public ISerialBackend Serial { get; init; } = new NullSerialBackend();

    /// <summary>The host's end of COM2; null for a machine without.</summary>
    public ISerialBackend? SecondSerial { get; init; }

    /// <summary>What is plugged into PCI bus 0 behind the host bridge, in order; disposed with the machine.</summary>
    public IReadOnlyList<VirtioDevice> VirtioDevices { get; init; } = [];

    /// <summary>
    /// Makes further devices, in order, after PCI. One that is <see cref="IDisposable"/> is disposed with the machine.
    /// </summary>
    public IReadOnlyList<Func<DeviceServices, IDevice>> Devices { get; init; } = [];

    /// <summary>Whether one of <see cref="Devices"/> answers at <see cref="PlatformAddresses.Ecam"/>.</summary>
    public bool HasEcam { get; init; }

    /// <summary>Whether the machine has kvm-unit-tests' devices.</summary>
    public bool TestDevices { get; init; }

    /// <summary>What a reset by the guest does.</summary>
    public GuestResetAction OnReset { get; init; } = GuestResetAction.Reset;

    /// <summary>What a triple fault does.</summary>
    public GuestResetAction OnTripleFault { get; init; } = GuestResetAction.Reset;

    /// <summary>After so many resets by the guest the machine ends; null for no limit.</summary>
    public int? ResetLimit { get; init; }

    /// <summary>Time of day at power-on; null for the host's.</summary>
    public DateTimeOffset? TimeOfDay { get; init; }

    /// <summary>Makes the machine's clock; tests give a manual one.</summary>
    public Func<VmClock> Clock { get; init; } = VmClock.CreateHost;
}
