using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Engine.Kvm.Interrupts;
using Nestvisor.Engine.Kvm.State;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm;

/// <summary>
/// A virtual machine on the kernel's KVM, with a split interrupt controller: local APICs in the kernel; PIC, PIT and IOAPIC are the
/// machine's.
/// </summary>
public sealed unsafe class KvmPartition : Partition
{
    // Intel processors of old keep a real-mode TSS and an identity map in three pages and one page of the guest's addresses,
    // below the firmware and above the IOAPIC, where the machine has nothing.
    private const ulong IdentityMapAddress = 0xFFFB_C000;
    private const ulong TssAddress = 0xFFFB_D000;

    private readonly FileDescriptor _kvm;
    private readonly FileDescriptor _vm;
    private readonly KvmRoutingTable _routes;
    private readonly List<KvmVirtualProcessor> _processors = [];
    private readonly Lock _lock = new();
    private bool _filterSet;
    private ulong _pausedAt;
    private int _running;
    private bool _externalInterrupt;
    private bool _disposed;

    private KvmPartition(GuestMemory memory, VmClock clock, CpuProfile profile, int processors)
        : base(memory, clock, profile)
    {
        KickSignal.Install();
        _kvm = KvmDevice.Open();
        int most = KvmDevice.Capability(_kvm, KvmCapability.MaxVcpus);
        if (processors < 1 || processors > Math.Min(most, 255))
        {
            throw new ArgumentOutOfRangeException(nameof(processors), processors, $"KVM takes 1 to {Math.Min(most, 255)} processors here.");
        }

        _vm = new FileDescriptor(KvmDevice.Call(_kvm, KvmIoctl.CreateVm, 0, "create a virtual machine"));
        ConfigureVm();
        MapMemory();
        _routes = new KvmRoutingTable(_vm);
        for (int i = 0; i < processors; i++)
        {
            _processors.Add(new KvmVirtualProcessor(this, _kvm, _vm, i, processors));
        }

        FileDescriptor first = _processors[0].Descriptor;
        TscFrequency = 1000 * (ulong)KvmDevice.Call(first, KvmIoctl.GetTscKhz, 0, "read the frequency of the time-stamp counter");
        State = new KvmProcessorState(
            new KvmMsrList(_kvm, first),
            new KvmExtendedState(profile),
            new KvmNestedState(KvmDevice.Capability(_kvm, KvmCapability.NestedState), profile.Vendor),
            profile);
        foreach (KvmVirtualProcessor processor in _processors)
        {
            processor.Initialize();
        }
    }

    /// <inheritdoc/>
    public override string EngineName => "Kvm";

    /// <inheritdoc/>
    public override IReadOnlyList<VirtualProcessor> Processors => _processors;

    /// <inheritdoc/>
    public override ulong TscFrequency { get; }

    internal KvmProcessorState State { get; }

    internal bool ExternalInterrupt => Volatile.Read(ref _externalInterrupt);

    /// <summary>Creates a partition.</summary>
    /// <param name="memory">The guest's memory, which must outlive the partition.</param>
    /// <param name="clock">The guest's clock.</param>
    /// <param name="profile">What CPUID says: <see cref="KvmHostProfile.Read"/>, perhaps with features masked.</param>
    /// <param name="processors">Number of processors, 1 to 255.</param>
    /// <returns>The partition, its processors in the state after power-on.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">KVM is not usable; <see cref="KvmHost.Check"/> says why.</exception>
    public static KvmPartition Create(GuestMemory memory, VmClock clock, CpuProfile profile, int processors) =>
        new(memory, clock, profile, processors);

    /// <inheritdoc/>
    public override void SendMessage(MsiMessage message)
    {
        KvmMsi msi = new() { AddressLow = (uint)message.Address, AddressHigh = (uint)(message.Address >> 32), Data = message.Data };

        // The result tells whether a processor took it; a malformed message is the guest's affair.
        _ = IoControl.Call(_vm.Value, KvmIoctl.SignalMsi, ref msi);
    }

    /// <inheritdoc/>
    public override MessageInterrupt CreateMessageInterrupt() => new KvmMessageInterrupt(_vm, _routes);

    /// <inheritdoc/>
    public override void SetExternalInterrupt(bool asserted)
    {
        Volatile.Write(ref _externalInterrupt, asserted);
        if (asserted)
        {
            _processors[0].Interrupt();
        }
    }

    /// <inheritdoc/>
    public override void SetIoApicRoutes(ReadOnlySpan<MsiMessage> routes) => _routes.SetIoApic(routes);

    /// <inheritdoc/>
    public override IDisposable RegisterDoorbell(ulong address, EventDescriptor bell) => new KvmDoorbell(_vm, address, bell);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> GetCounters()
    {
        Dictionary<string, long> counters = [];
        foreach (KvmVirtualProcessor processor in _processors)
        {
            processor.AddCounters(counters);
        }

        counters["vmrun"] = counters.GetValueOrDefault("nested_run");
        return counters;
    }

    internal void ProcessorEnters()
    {
        lock (_lock)
        {
            if (!_filterSet)
            {
                _filterSet = true;
                if (MsrRanges.Count != 0)
                {
                    KvmMsrAccess.SetFilter(_vm, MsrRanges);
                }
            }

            if (_running++ == 0)
            {
                // kvmclock follows the machine's clock, through pauses and into a partition that takes over saved state; the two
                // drift apart a little while the machine runs, and the guest's time must not go back.
                KvmClockData clock = new() { Clock = Math.Max(_pausedAt, (ulong)Math.Max(Clock.Now, 0)) };
                _ = IoControl.Call(_vm.Value, KvmIoctl.SetClock, ref clock);
                foreach (KvmVirtualProcessor each in _processors)
                {
                    each.NotePaused();
                }
            }
        }
    }

    internal void ProcessorLeaves()
    {
        lock (_lock)
        {
            KvmClockData clock = default;
            if (--_running == 0 && IoControl.Call(_vm.Value, KvmIoctl.GetClock, ref clock) >= 0)
            {
                _pausedAt = clock.Clock;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (KvmVirtualProcessor processor in _processors)
        {
            processor.Dispose();
        }

        _vm.Dispose();
        _kvm.Dispose();
    }

    private void ConfigureVm()
    {
        KvmEnableCapability split = new() { Capability = KvmCapability.SplitIrqchip, Argument = KvmRoutingTable.IoApicPins };
        KvmDevice.Call(_vm, KvmIoctl.EnableCapability, ref split, "split the interrupt controller");
        KvmMsrAccess.EnableExits(_vm);
        if (KvmDevice.Capability(_kvm, KvmCapability.X2ApicApi) != 0)
        {
            // KVM_X2APIC_API_USE_32BIT_IDS: the id register in x2APIC mode is as the manual lays it out.
            KvmEnableCapability ids = new() { Capability = KvmCapability.X2ApicApi, Argument = 1 };
            KvmDevice.Call(_vm, KvmIoctl.EnableCapability, ref ids, "use 32-bit APIC ids");
        }

        if (KvmDevice.Capability(_kvm, KvmCapability.SetTssAddress) != 0)
        {
            ulong identity = IdentityMapAddress;
            KvmDevice.Call(_vm, KvmIoctl.SetIdentityMapAddress, ref identity, "place the identity map");
            KvmDevice.Call(_vm, KvmIoctl.SetTssAddress, (nuint)TssAddress, "place the real-mode TSS");
        }
    }

    private void MapMemory()
    {
        MapSlot(0, 0, Memory.LowSize);
        if (Memory.HighSize != 0)
        {
            MapSlot(1, GuestMemory.HighStart, Memory.HighSize);
        }
    }

    private void MapSlot(uint slot, ulong address, ulong size)
    {
        // SAFETY: the range is RAM of GuestMemory, which outlives the partition.
        KvmMemoryRegion region = new() { Slot = slot, GuestAddress = address, Size = size, HostAddress = (ulong)(Memory.Base + address) };
        KvmDevice.Call(_vm, KvmIoctl.SetUserMemoryRegion, ref region, $"give the guest {size} bytes of memory");
    }
}
