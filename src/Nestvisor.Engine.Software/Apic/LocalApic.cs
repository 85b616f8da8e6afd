using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Apic;

/// <summary>
/// A processor's local APIC in xAPIC and x2APIC mode (Intel SDM vol. 3 ch. 11, AMD APM vol. 2 ch. 16). The version is that of
/// an integrated APIC with six LVT entries and without directed EOI.
/// </summary>
/// <remarks>
/// Threads: the processor's own thread, called owner here, does everything but what is named otherwise. Any thread may
/// post interrupts and events and drive the pins: that sets bits by interlocked operations, then <c>_look</c>, then
/// wakes the owner. The owner clears <c>_look</c> before it searches the IRR, so it either finds the bit or
/// is told again. Destination registers, SVR, PPR and LVT entries are written by the owner and read by others.
/// </remarks>
internal sealed partial class LocalApic
{
    private readonly VectorBitmap _irr = new();
    private readonly VectorBitmap _isr = new();
    private readonly VectorBitmap _tmr = new();
    private readonly ApicBus _bus;
    private readonly Action _wake;
    private readonly ApicFeatures _features;
    private readonly bool _bootstrap;
    private int _look;
    private int _events;
    private uint _taskPriority;
    private uint _processorPriority;
    private uint _spuriousVector;
    private uint _logicalDestination;
    private uint _destinationFormat;
    private ulong _interruptCommand;

    /// <summary>Creates the APIC of a processor, in its state after power-on, and puts it on the bus.</summary>
    /// <param name="id">The processor's APIC id.</param>
    /// <param name="bootstrap">Whether it is the bootstrap processor.</param>
    /// <param name="clock">The VM's clock.</param>
    /// <param name="bus">Where it sends and receives.</param>
    /// <param name="features">What CPUID tells of it.</param>
    /// <param name="wake">Makes the owner look at its events; called on any thread, must not block.</param>
    public LocalApic(uint id, bool bootstrap, VmClock clock, ApicBus bus, ApicFeatures features, Action wake)
    {
        Id = id;
        _bootstrap = bootstrap;
        _bus = bus;
        _features = features;
        _wake = wake;
        Timer = new ApicTimer(clock, () => RaiseLocal(ref _lvtTimer));
        Reset();
        bus.Attach(this);
    }

    /// <summary>APIC id; it never changes.</summary>
    public uint Id { get; }

    /// <summary>The APIC's timer.</summary>
    public ApicTimer Timer { get; }

    /// <summary>Told of the end of each level-triggered interrupt, on the owner's thread (the IOAPIC listens).</summary>
    public Action<byte>? LevelInterruptEnded { get; set; }

    /// <summary>Whether <see cref="TakeEvents"/> has something. Any thread.</summary>
    public bool HasEvents => Volatile.Read(ref _events) != 0;

    /// <summary>
    /// Whether an interrupt can be delivered when RFLAGS.IF allows it: a vector above the processor priority, or an
    /// external interrupt. One read when nothing has changed since the last look.
    /// </summary>
    public bool HasPendingInterrupt => Volatile.Read(ref _look) != 0 && Look();

    /// <summary>The task-priority class (CR8).</summary>
    public ulong Cr8
    {
        get => _taskPriority >> 4;
        set => SetTaskPriority((uint)(value & 0xF) << 4);
    }

    /// <summary>Processor priority. Other threads read it to arbitrate.</summary>
    internal uint ProcessorPriority => Volatile.Read(ref _processorPriority);

    /// <summary>Whether fixed interrupts are accepted: enabled by IA32_APIC_BASE and by SVR.</summary>
    internal bool AcceptsFixed => Mode != ApicMode.Disabled && (Volatile.Read(ref _spuriousVector) & SoftwareEnable) != 0;

    /// <summary>State after power-on.</summary>
    public void Reset()
    {
        SetBase(DefaultBase | BaseEnable);
        Init();
        Volatile.Write(ref _events, 0);
    }

    /// <summary>State after INIT (Intel SDM vol. 3 §11.4.7.3): all but the id and IA32_APIC_BASE is reset.</summary>
    public void Init()
    {
        Timer.Reset();
        ResetLvt();
        _irr.ClearAll();
        _isr.ClearAll();
        _tmr.ClearAll();
        Volatile.Write(ref _spuriousVector, 0xFF);
        Volatile.Write(ref _destinationFormat, uint.MaxValue);
        Volatile.Write(ref _logicalDestination, Mode == ApicMode.X2Apic ? X2ApicLogicalId : 0);
        _interruptCommand = 0;
        SetTaskPriority(0);
    }

    /// <summary>Highest vector that can be delivered; -1 if there is none. External interrupts are apart.</summary>
    public int PeekVector()
    {
        if (Mode == ApicMode.Disabled)
        {
            return -1;
        }

        int vector = _irr.Highest();
        return vector >> 4 > (int)(_processorPriority >> 4) ? vector : -1;
    }

    /// <summary>Takes the interrupt that <see cref="PeekVector"/> shows into service.</summary>
    /// <returns>Its vector; -1 if there is none.</returns>
    public int Acknowledge()
    {
        int vector = PeekVector();
        if (vector >= 0)
        {
            _irr.Clear(vector);
            _isr.Set(vector);
            UpdatePriority();
        }

        return vector;
    }

    /// <summary>Posts a fixed interrupt. Any thread.</summary>
    /// <param name="vector">Its vector.</param>
    /// <param name="level">Level rather than edge triggered.</param>
    /// <returns>False if the APIC does not accept it.</returns>
    public bool Post(byte vector, bool level)
    {
        if (!AcceptsFixed)
        {
            return false;
        }

        if (vector < 16)
        {
            ReportError(ReceiveIllegalVector);
            return false;
        }

        if (_tmr[vector] != level)
        {
            _ = level ? _tmr.Set(vector) : _tmr.Clear(vector);
        }

        if (_irr.Set(vector))
        {
            Attend();
        }

        return true;
    }

    /// <summary>Accepts an interrupt message that the bus has found to be for this APIC. Any thread.</summary>
    /// <param name="mode">Delivery mode.</param>
    /// <param name="vector">Vector, of the modes that have one.</param>
    /// <param name="level">Level rather than edge triggered.</param>
    /// <returns>False if the APIC does not accept it.</returns>
    public bool Accept(DeliveryMode mode, byte vector, bool level)
    {
        if (Mode == ApicMode.Disabled)
        {
            return false;
        }

        switch (mode)
        {
            case DeliveryMode.Fixed:
            case DeliveryMode.LowestPriority:
                return Post(vector, level);
            case DeliveryMode.Nmi:
                PostNmi();
                return true;
            case DeliveryMode.Init:
                PostEvents(ApicEvents.StartUpMask | ApicEvents.NmiMask, ApicEvents.InitBit);
                return true;
            case DeliveryMode.StartUp:
                PostEvents(ApicEvents.StartUpMask, ApicEvents.StartUpBit | (vector << ApicEvents.StartUpVectorShift));
                return true;
            case DeliveryMode.ExtInt:
                Volatile.Write(ref _externalMessage, true);
                Attend();
                return true;
            case DeliveryMode.Smi:
                PostEvents(0, ApicEvents.SmiBit);
                return true;
            default:
                // Reserved modes do nothing.
                return false;
        }
    }

    /// <summary>Posts an NMI. Any thread.</summary>
    public void PostNmi()
    {
        int old = Volatile.Read(ref _events);
        while ((old & ApicEvents.NmiMask) != 2 * ApicEvents.NmiUnit)
        {
            int seen = Interlocked.CompareExchange(ref _events, old + ApicEvents.NmiUnit, old);
            if (seen == old)
            {
                _wake();
                return;
            }

            old = seen;
        }
    }

    /// <summary>Takes all events that are neither vectors nor external interrupts.</summary>
    public ApicEvents TakeEvents() => new(Interlocked.Exchange(ref _events, 0));

    /// <summary>Ends the interrupt in service with the highest priority.</summary>
    internal void EndOfInterrupt()
    {
        int vector = _isr.Highest();
        if (vector < 0)
        {
            return;
        }

        _isr.Clear(vector);
        bool level = _tmr[vector];
        UpdatePriority();
        Attend(wake: false);
        if (level)
        {
            EndLocalLevel((byte)vector);
            LevelInterruptEnded?.Invoke((byte)vector);
        }
    }

    private void PostEvents(int drop, int add)
    {
        int old = Volatile.Read(ref _events);
        int seen;
        while ((seen = Interlocked.CompareExchange(ref _events, (old & ~drop) | add, old)) != old)
        {
            old = seen;
        }

        _wake();
    }

    private void Attend(bool wake = true)
    {
        Interlocked.Exchange(ref _look, 1);
        if (wake)
        {
            _wake();
        }
    }

    private bool Look()
    {
        Interlocked.Exchange(ref _look, 0);
        if (PeekVector() < 0 && !HasExternalInterrupt)
        {
            return false;
        }

        Volatile.Write(ref _look, 1);
        return true;
    }

    private void SetTaskPriority(uint value)
    {
        _taskPriority = value;
        UpdatePriority();
        Attend(wake: false);
    }

    // Intel SDM vol. 3 §11.8.3.1.
    private void UpdatePriority()
    {
        int inService = _isr.Highest();
        uint serviced = inService < 0 ? 0 : (uint)inService & 0xF0;
        Volatile.Write(ref _processorPriority, _taskPriority >> 4 >= serviced >> 4 ? _taskPriority : serviced);
    }
}
