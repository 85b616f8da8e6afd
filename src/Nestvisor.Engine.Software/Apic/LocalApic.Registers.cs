using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Apic;

/// <content>The register file as MMIO and as MSRs (Intel SDM vol. 3 §11.4.1, §11.12.1.2).</content>
internal sealed partial class LocalApic
{
    // Integrated APIC (14h), six LVT entries, no EOI-broadcast suppression.
    private const uint VersionValue = 0x0005_0014;

    private const uint SpuriousWritable = 0x1FF;
    private const uint LvtDeliveryStatus = 1 << 12;

    /// <summary>
    /// Reads the register page. Registers are 32 bits wide at every 16 bytes; accesses inside the 32 bits work, all others are
    /// undefined and read as 0.
    /// </summary>
    /// <param name="offset">Offset in the page.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    public ulong Read(uint offset, int size)
    {
        uint inside = offset & 0xF;
        if (inside + size > 4)
        {
            return 0;
        }

        if (!TryReadRegister(offset & 0xFF0, out uint value))
        {
            ReportError(IllegalRegisterAddress);
            return 0;
        }

        value >>= (int)inside * 8;
        return size == 4 ? value : value & ((1u << (size * 8)) - 1);
    }

    /// <summary>Writes the register page. Only aligned 32-bit writes count.</summary>
    /// <param name="offset">Offset in the page.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value.</param>
    public void Write(uint offset, int size, ulong value)
    {
        if (size != 4 || (offset & 0xF) != 0)
        {
            return;
        }

        uint data = (uint)value;
        switch (offset)
        {
            case ApicRegister.LogicalDestination:
                Volatile.Write(ref _logicalDestination, data & 0xFF00_0000);
                break;
            case ApicRegister.DestinationFormat:
                Volatile.Write(ref _destinationFormat, data | 0x0FFF_FFFF);
                break;
            case ApicRegister.InterruptCommand:
                _interruptCommand = (_interruptCommand & 0xFFFF_FFFF_0000_0000) | (data & CommandWritable);
                SendCommand();
                break;
            case ApicRegister.InterruptCommandHigh:
                _interruptCommand = (uint)_interruptCommand | ((ulong)(data & 0xFF00_0000) << 32);
                break;
            default:
                // Writes of read-only registers are ignored, but those of reserved ones are an error.
                if (!TryWriteRegister(offset, data) && (offset == ApicRegister.SelfIpi || !TryReadRegister(offset, out _)))
                {
                    ReportError(IllegalRegisterAddress);
                }

                break;
        }
    }

    /// <summary>Reads one of the MSRs that are the APIC's: 1Bh, 6E0h, 800h to 8FFh.</summary>
    /// <param name="msr">MSR number.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False for #GP.</returns>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        switch (msr)
        {
            case Msr.ApicBase:
                value = _base;
                return true;
            case Msr.TscDeadline:
                value = Timer.TscDeadline;
                return _features.TscDeadline;
        }

        if (Mode != ApicMode.X2Apic || msr is < Msr.X2ApicFirst or > Msr.X2ApicLast)
        {
            return false;
        }

        uint offset = (msr - Msr.X2ApicFirst) << 4;
        switch (offset)
        {
            case ApicRegister.Id:
                value = Id;
                return true;
            case ApicRegister.InterruptCommand:
                value = _interruptCommand;
                return true;
            case ApicRegister.ArbitrationPriority:
            case ApicRegister.RemoteRead:
            case ApicRegister.DestinationFormat:
            case ApicRegister.InterruptCommandHigh:
            case ApicRegister.EndOfInterrupt:
                return false;
            default:
                bool known = TryReadRegister(offset, out uint register);
                value = register;
                return known;
        }
    }

    /// <summary>Writes one of the MSRs that are the APIC's: 1Bh, 6E0h, 800h to 8FFh.</summary>
    /// <param name="msr">MSR number.</param>
    /// <param name="value">The new value.</param>
    /// <returns>False for #GP.</returns>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        switch (msr)
        {
            case Msr.ApicBase:
                return TryWriteBase(value);
            case Msr.TscDeadline when _features.TscDeadline:
                Timer.TscDeadline = value;
                return true;
        }

        if (Mode != ApicMode.X2Apic || msr is < Msr.X2ApicFirst or > Msr.X2ApicLast)
        {
            return false;
        }

        uint offset = (msr - Msr.X2ApicFirst) << 4;
        if (offset == ApicRegister.InterruptCommand)
        {
            if (((uint)value & ~(CommandWritable | LvtDeliveryStatus)) != 0)
            {
                return false;
            }

            _interruptCommand = value & ~(ulong)LvtDeliveryStatus;
            SendCommand();
            return true;
        }

        if ((value & ~(ulong)X2ApicWritable(offset)) != 0)
        {
            return false;
        }

        if (offset == ApicRegister.SelfIpi)
        {
            SendSelf((byte)value);
            return true;
        }

        return TryWriteRegister(offset, (uint)value);
    }

    // Bits that may be written without #GP; read-only status bits among them (§11.12.1.3).
    private uint X2ApicWritable(uint offset) => offset switch
    {
        ApicRegister.TaskPriority or ApicRegister.SelfIpi => 0xFF,
        ApicRegister.SpuriousVector => SpuriousWritable,
        ApicRegister.LvtTimer => TimerWritable | LvtDeliveryStatus,
        ApicRegister.LvtThermal or ApicRegister.LvtPerformance => 0x1_07FF | LvtDeliveryStatus,
        ApicRegister.LvtLint0 or ApicRegister.LvtLint1 => 0x1_A7FF | LvtDeliveryStatus | LvtRemoteIrr,
        ApicRegister.LvtError => 0x1_00FF | LvtDeliveryStatus,
        ApicRegister.InitialCount => uint.MaxValue,
        ApicRegister.DivideConfiguration => 0xB,
        _ => 0,
    };

    private uint TimerWritable => _features.TscDeadline ? 0x7_00FFu : 0x3_00FF;

    private bool TryReadRegister(uint offset, out uint value)
    {
        value = 0;
        switch (offset)
        {
            case ApicRegister.Id:
                value = Id << 24;
                break;
            case ApicRegister.Version:
                value = VersionValue;
                break;
            case ApicRegister.TaskPriority:
                value = _taskPriority;
                break;
            case ApicRegister.ArbitrationPriority:
            case ApicRegister.ProcessorPriority:
                value = _processorPriority;
                break;
            case ApicRegister.EndOfInterrupt:
            case ApicRegister.RemoteRead:
                break;
            case ApicRegister.LogicalDestination:
                value = _logicalDestination;
                break;
            case ApicRegister.DestinationFormat:
                value = _destinationFormat;
                break;
            case ApicRegister.SpuriousVector:
                value = _spuriousVector;
                break;
            case >= ApicRegister.InService and < ApicRegister.TriggerMode:
                value = _isr.Register((int)(offset >> 4) & 7);
                break;
            case >= ApicRegister.TriggerMode and < ApicRegister.InterruptRequest:
                value = _tmr.Register((int)(offset >> 4) & 7);
                break;
            case >= ApicRegister.InterruptRequest and < ApicRegister.ErrorStatus:
                value = _irr.Register((int)(offset >> 4) & 7);
                break;
            case ApicRegister.ErrorStatus:
                value = _errorStatus;
                break;
            case ApicRegister.InterruptCommand:
                value = (uint)_interruptCommand;
                break;
            case ApicRegister.InterruptCommandHigh:
                value = (uint)(_interruptCommand >> 32);
                break;
            case ApicRegister.LvtTimer:
                value = _lvtTimer;
                break;
            case ApicRegister.LvtThermal:
                value = _lvtThermal;
                break;
            case ApicRegister.LvtPerformance:
                value = _lvtPerformance;
                break;
            case ApicRegister.LvtLint0:
                value = Volatile.Read(ref _lvtLint0);
                break;
            case ApicRegister.LvtLint1:
                value = Volatile.Read(ref _lvtLint1);
                break;
            case ApicRegister.LvtError:
                value = _lvtError;
                break;
            case ApicRegister.InitialCount:
                value = Timer.InitialCount;
                break;
            case ApicRegister.CurrentCount:
                value = Timer.CurrentCount;
                break;
            case ApicRegister.DivideConfiguration:
                value = Timer.DivideConfiguration;
                break;
            default:
                return false;
        }

        return true;
    }

    private bool TryWriteRegister(uint offset, uint value)
    {
        switch (offset)
        {
            case ApicRegister.TaskPriority:
                SetTaskPriority(value & 0xFF);
                return true;
            case ApicRegister.EndOfInterrupt:
                EndOfInterrupt();
                return true;
            case ApicRegister.SpuriousVector:
                Volatile.Write(ref _spuriousVector, value & SpuriousWritable);
                if ((value & SoftwareEnable) == 0)
                {
                    MaskLvt();
                }

                return true;
            case ApicRegister.ErrorStatus:
                _errorStatus = Interlocked.Exchange(ref _errors, 0);
                return true;
            case ApicRegister.LvtTimer:
                WriteLvt(ref _lvtTimer, value & TimerWritable);
                Timer.Mode = (int)(_lvtTimer >> 17) & 3;
                return true;
            case ApicRegister.LvtThermal:
                WriteLvt(ref _lvtThermal, value & 0x1_07FF);
                return true;
            case ApicRegister.LvtPerformance:
                WriteLvt(ref _lvtPerformance, value & 0x1_07FF);
                return true;
            case ApicRegister.LvtLint0:
                WriteLint0(value & 0x1_A7FF);
                return true;
            case ApicRegister.LvtLint1:
                WriteLvt(ref _lvtLint1, value & 0x1_A7FF);
                return true;
            case ApicRegister.LvtError:
                WriteLvt(ref _lvtError, value & 0x1_00FF);
                return true;
            case ApicRegister.InitialCount:
                Timer.InitialCount = value;
                return true;
            case ApicRegister.DivideConfiguration:
                Timer.DivideConfiguration = value;
                return true;
            default:
                return false;
        }
    }

    // Mask bits stay set while the APIC is disabled by software (§11.4.7.2).
    private void WriteLvt(ref uint entry, uint value) =>
        WriteLvt(ref entry, value | ((_spuriousVector & SoftwareEnable) == 0 ? LvtMasked : 0), 0);

    private void WriteLint0(uint value)
    {
        uint keep = (value & (LvtLevel | 0x700)) == LvtLevel ? LvtRemoteIrr : 0;
        WriteLvt(ref _lvtLint0, value | ((_spuriousVector & SoftwareEnable) == 0 ? LvtMasked : 0), keep);
        if (HasExternalInterrupt)
        {
            Attend(wake: false);
        }
        else if (Volatile.Read(ref _externalLine) && keep != 0)
        {
            RaiseLocal(ref _lvtLint0);
        }
    }
}
