namespace Nestvisor.Engine.Software.Apic;

/// <content>Local vector table, pins and errors (Intel SDM vol. 3 §11.5).</content>
internal sealed partial class LocalApic
{
    private const uint LvtMasked = 1 << 16;
    private const uint LvtLevel = 1 << 15;
    private const uint LvtRemoteIrr = 1 << 14;
    private const uint SoftwareEnable = 1 << 8;

    private const uint SendIllegalVector = 1 << 5;
    private const uint ReceiveIllegalVector = 1 << 6;
    private const uint IllegalRegisterAddress = 1 << 7;

    private uint _lvtTimer;
    private uint _lvtThermal;
    private uint _lvtPerformance;
    private uint _lvtLint0;
    private uint _lvtLint1;
    private uint _lvtError;
    private uint _errors;
    private uint _errorStatus;
    private bool _externalLine;
    private bool _externalMessage;

    /// <summary>
    /// Whether the processor should run an interrupt-acknowledge cycle with the external controller: its line is up and reaches
    /// the processor, through LINT0 as ExtINT or, with the APIC disabled, as the plain INTR pin.
    /// </summary>
    public bool HasExternalInterrupt =>
        (Volatile.Read(ref _externalLine) && LineReachesProcessor) || Volatile.Read(ref _externalMessage);

    private bool LineReachesProcessor =>
        Mode == ApicMode.Disabled || (Volatile.Read(ref _lvtLint0) & (LvtMasked | 0x700)) == (uint)DeliveryMode.ExtInt << 8;

    /// <summary>Drives LINT0, to which the 8259A pair is wired. Any thread.</summary>
    /// <param name="asserted">The line's level.</param>
    public void SetExternalInterrupt(bool asserted)
    {
        bool was = Interlocked.Exchange(ref _externalLine, asserted);
        if (!asserted || was)
        {
            return;
        }

        if (LineReachesProcessor)
        {
            Attend();
        }
        else if (Mode != ApicMode.Disabled)
        {
            RaiseLocal(ref _lvtLint0);
        }
    }

    /// <summary>Tells that the interrupt-acknowledge cycle has run.</summary>
    public void ExternalInterruptAcknowledged() => Volatile.Write(ref _externalMessage, false);

    /// <summary>Makes an edge on LINT1, the NMI pin of a PC. Any thread.</summary>
    public void RaiseLint1()
    {
        if (Mode == ApicMode.Disabled)
        {
            PostNmi();
        }
        else
        {
            RaiseLocal(ref _lvtLint1);
        }
    }

    /// <summary>Signals an overflow of a performance counter. Any thread.</summary>
    public void RaisePerformance() => RaiseLocal(ref _lvtPerformance);

    /// <summary>Signals a thermal event. Any thread.</summary>
    public void RaiseThermal() => RaiseLocal(ref _lvtThermal);

    private void RaiseLocal(ref uint entry)
    {
        uint lvt = Volatile.Read(ref entry);
        if ((lvt & LvtMasked) != 0)
        {
            return;
        }

        DeliveryMode mode = (DeliveryMode)((lvt >> 8) & 7);
        bool level = (lvt & LvtLevel) != 0 && mode == DeliveryMode.Fixed;
        if (level && (Interlocked.Or(ref entry, LvtRemoteIrr) & LvtRemoteIrr) != 0)
        {
            return;
        }

        if (!Accept(mode, (byte)lvt, level) && level)
        {
            Interlocked.And(ref entry, ~LvtRemoteIrr);
        }
    }

    // A level-triggered LINT0 whose line is still up interrupts again.
    private void EndLocalLevel(byte vector)
    {
        uint lvt = Volatile.Read(ref _lvtLint0);
        if ((lvt & LvtRemoteIrr) != 0 && (byte)lvt == vector)
        {
            Interlocked.And(ref _lvtLint0, ~LvtRemoteIrr);
            if (Volatile.Read(ref _externalLine))
            {
                RaiseLocal(ref _lvtLint0);
            }
        }
    }

    private void ResetLvt()
    {
        WriteLvt(ref _lvtTimer, LvtMasked, 0);
        WriteLvt(ref _lvtThermal, LvtMasked, 0);
        WriteLvt(ref _lvtPerformance, LvtMasked, 0);
        WriteLvt(ref _lvtLint0, LvtMasked, 0);
        WriteLvt(ref _lvtLint1, LvtMasked, 0);
        WriteLvt(ref _lvtError, LvtMasked, 0);
        Volatile.Write(ref _errors, 0);
        _errorStatus = 0;
        Volatile.Write(ref _externalMessage, false);
    }

    private void MaskLvt()
    {
        Interlocked.Or(ref _lvtTimer, LvtMasked);
        Interlocked.Or(ref _lvtThermal, LvtMasked);
        Interlocked.Or(ref _lvtPerformance, LvtMasked);
        Interlocked.Or(ref _lvtLint0, LvtMasked);
        Interlocked.Or(ref _lvtLint1, LvtMasked);
        Interlocked.Or(ref _lvtError, LvtMasked);
    }

    private static void WriteLvt(ref uint entry, uint value, uint keep)
    {
        uint old = Volatile.Read(ref entry);
        uint seen;
        while ((seen = Interlocked.CompareExchange(ref entry, (old & keep) | value, old)) != old)
        {
            old = seen;
        }
    }

    // Errors collect until a write of ESR shows them; the first of each kind interrupts (§11.5.3).
    private void ReportError(uint error)
    {
        if ((Interlocked.Or(ref _errors, error) & error) == 0)
        {
            // An illegal vector in the error entry itself would end in itself.
            uint lvt = Volatile.Read(ref _lvtError);
            if ((lvt & LvtMasked) == 0 && (byte)lvt >= 16)
            {
                Post((byte)lvt, level: false);
            }
        }
    }
}
