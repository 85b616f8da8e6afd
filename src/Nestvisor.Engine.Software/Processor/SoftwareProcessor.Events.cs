using Nestvisor.Engine.Software.Apic;
using Nestvisor.Engine.Software.State;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>What comes from outside: interrupts, NMI, INIT, start-up, stop requests; and sleeping.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    /// <summary>Interrupts are held off by STI.</summary>
    public const byte ShadowSti = 1;

    /// <summary>Interrupts, NMIs and debug traps are held off by a load of SS.</summary>
    public const byte ShadowSs = 2;

    /// <summary>The running instruction has cast the shadow.</summary>
    public const byte ShadowNew = 0x80;

    private bool _stopRequested;
    private int _nmiPending;

    /// <summary>What the processor does between two instructions.</summary>
    public ProcessorActivity Activity { get; set; }

    /// <summary>NMIs are blocked until IRET.</summary>
    public bool NmiBlocked { get; set; }

    /// <summary>Interrupts delivered.</summary>
    public long InterruptCount { get; private set; }

    /// <inheritdoc/>
    public override void RequestStop()
    {
        Volatile.Write(ref _stopRequested, true);
        Interrupt();
    }

    /// <inheritdoc/>
    public override void Interrupt()
    {
        Volatile.Write(ref State->Attention, 1);
        _wake.Set();
    }

    // Whether events have to be looked at although nobody has set Attention: an instruction may have opened the way for one.
    private bool HasSomethingToDo(VpState* s) =>
        Activity != ProcessorActivity.Running
        || _nmiPending != 0
        || Apic.HasEvents
        || NestedEventsPending
        || (Apic.HasPendingInterrupt && InterruptsOpen(s))
        || (Apic.HasExternalInterrupt && InterruptsOpen(s));

    private bool InterruptsOpen(VpState* s) => (s->SystemFlags & Rflags.IF) != 0 || InGuestMode;

    // Returns false if Run must come back.
    private bool HandleEvents(out RunResult result)
    {
        VpState* s = State;
        while (true)
        {
            Interlocked.Exchange(ref s->Attention, 0);
            ServePosted();
            if (Volatile.Read(ref _stopRequested))
            {
                Volatile.Write(ref _stopRequested, false);
                result = RunResult.Stopped;
                return false;
            }

            if (Apic.HasEvents)
            {
                TakeApicEvents();
            }

            if (_shutdown)
            {
                result = RunResult.Shutdown;
                return false;
            }

            if (Activity != ProcessorActivity.WaitForSipi && TakeEvent(s))
            {
                Activity = ProcessorActivity.Running;
                UpdateMode();
            }

            if (Activity == ProcessorActivity.Running)
            {
                result = RunResult.Stopped;
                return true;
            }

            Sleep(s);
        }
    }

    // Delivers at most one event; the one of the highest priority that is open.
    private bool TakeEvent(VpState* s)
    {
        if (HandleNestedEvents(out bool taken))
        {
            return taken;
        }

        if (_nmiPending != 0 && !NmiBlocked && (s->InterruptShadow & ~ShadowNew) == 0)
        {
            _nmiPending--;
            TakeNmi();
            return true;
        }

        if ((s->SystemFlags & Rflags.IF) == 0 || (s->InterruptShadow & ~ShadowNew) != 0)
        {
            return false;
        }

        return TakeInterrupt();
    }

    // Delivers the NMI to the running world.
    private void TakeNmi()
    {
        NmiBlocked = true;
        DeliverEvent(EventKind.Nmi, (byte)ExceptionVector.NonMaskable, hasErrorCode: false, 0);
    }

    // Acknowledges the interrupt of the highest priority and delivers it to the running world.
    private bool TakeInterrupt()
    {
        int vector = AcknowledgeInterrupt();
        if (vector < 0)
        {
            return false;
        }

        InterruptCount++;
        DeliverEvent(EventKind.Interrupt, (byte)vector, hasErrorCode: false, 0);
        return true;
    }

    // The vector of the interrupt that is next, taken from its controller; -1 if there is none.
    private int AcknowledgeInterrupt()
    {
        if (Apic.HasExternalInterrupt)
        {
            LeaveGuest();
            int vector = _bus.AcknowledgeInterrupt();
            EnterGuest();
            Apic.ExternalInterruptAcknowledged();
            return vector;
        }

        return Apic.HasPendingInterrupt ? Apic.Acknowledge() : -1;
    }

    private void TakeApicEvents()
    {
        ApicEvents events = Apic.TakeEvents();
        // One NMI is latched behind the one that runs (Intel SDM vol. 3 §6.7.1).
        _nmiPending = Math.Min(NmiBlocked ? 1 : 2, _nmiPending + events.NmiCount);
        _smiPending |= events.Smi;
        if (events.Init)
        {
            if (HoldsInit)
            {
                _initPending = true;
            }
            else
            {
                TakeInit();
            }
        }

        if (events.StartUp && Activity == ProcessorActivity.WaitForSipi)
        {
            StartUp(events.StartUpVector);
        }
    }

    private void TakeInit()
    {
        _initPending = false;
        if (InterceptsInit())
        {
            return;
        }

        InitState();
        Apic.Init();
        Activity = Index == 0 ? ProcessorActivity.Running : ProcessorActivity.WaitForSipi;
        UpdateMode();
    }

    // Intel SDM vol. 3 §8.4.3: CS = vector * 100h, base vector * 1000h, IP 0.
    private void StartUp(byte vector)
    {
        State->Cs.Selector = (ushort)(vector << 8);
        State->Cs.Base = (ulong)vector << 12;
        State->Rip = 0;
        Activity = ProcessorActivity.Running;
        UpdateMode();
    }
}
