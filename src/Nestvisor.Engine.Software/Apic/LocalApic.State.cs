using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Apic;

/// <content>
/// Saved state: the register page in the layout that KVM_GET_LAPIC has too, IA32_APIC_BASE and IA32_TSC_DEADLINE as MSRs
/// beside it, and the few things that neither shows.
/// </content>
internal sealed partial class LocalApic
{
    /// <summary>Bytes of the register page that are saved.</summary>
    public const int PageBytes = 1024;

    private const ushort FieldEvents = 1;
    private const ushort FieldErrors = 2;
    private const ushort FieldExternalMessage = 3;
    private const ushort FieldTimerExpiry = 4;

    /// <summary>Writes the register page.</summary>
    /// <param name="page">1024 bytes.</param>
    public void SavePage(Span<byte> page)
    {
        page[..PageBytes].Clear();
        for (uint offset = 0; offset < PageBytes; offset += 16)
        {
            if (TryReadRegister(offset, out uint value))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(page[(int)offset..], value);
            }
        }
    }

    /// <summary>Replaces the state by a register page. IA32_APIC_BASE comes first, since it selects the page's form.</summary>
    /// <param name="page">1024 bytes. The id in it is ignored.</param>
    /// <param name="apicBase">IA32_APIC_BASE.</param>
    /// <param name="tscDeadline">IA32_TSC_DEADLINE.</param>
    /// <exception cref="InvalidDataException">The value of IA32_APIC_BASE is one that the processor cannot have.</exception>
    public void Restore(ReadOnlySpan<byte> page, ulong apicBase, ulong tscDeadline)
    {
        if (ModeOf(apicBase) is null)
        {
            throw new InvalidDataException($"The saved state has IA32_APIC_BASE = {apicBase:X}h: x2APIC mode without the APIC enabled.");
        }

        SetBase(apicBase);
        Init();
        Volatile.Write(ref _events, 0);
        for (int i = 0; i < 8; i++)
        {
            _isr.SetRegister(i, Register(page, ApicRegister.InService + ((uint)i * 16)));
            _tmr.SetRegister(i, Register(page, ApicRegister.TriggerMode + ((uint)i * 16)));
            _irr.SetRegister(i, Register(page, ApicRegister.InterruptRequest + ((uint)i * 16)));
        }

        if (Mode != ApicMode.X2Apic)
        {
            Volatile.Write(ref _logicalDestination, Register(page, ApicRegister.LogicalDestination) & 0xFF00_0000);
            Volatile.Write(ref _destinationFormat, Register(page, ApicRegister.DestinationFormat) | 0x0FFF_FFFF);
        }

        Volatile.Write(ref _spuriousVector, Register(page, ApicRegister.SpuriousVector) & SpuriousWritable);
        _errorStatus = Register(page, ApicRegister.ErrorStatus);
        _interruptCommand = (Register(page, ApicRegister.InterruptCommand) & CommandWritable)
            | ((ulong)Register(page, ApicRegister.InterruptCommandHigh) << 32);
        WriteLvt(ref _lvtTimer, Register(page, ApicRegister.LvtTimer) & TimerWritable);
        WriteLvt(ref _lvtThermal, Register(page, ApicRegister.LvtThermal) & 0x1_07FF);
        WriteLvt(ref _lvtPerformance, Register(page, ApicRegister.LvtPerformance) & 0x1_07FF);
        WriteLvt(ref _lvtLint0, Register(page, ApicRegister.LvtLint0) & (0x1_A7FF | LvtRemoteIrr));
        WriteLvt(ref _lvtLint1, Register(page, ApicRegister.LvtLint1) & 0x1_A7FF);
        WriteLvt(ref _lvtError, Register(page, ApicRegister.LvtError) & 0x1_00FF);
        SetTaskPriority(Register(page, ApicRegister.TaskPriority) & 0xFF);
        Timer.Restore(
            (int)(_lvtTimer >> 17) & 3,
            Register(page, ApicRegister.DivideConfiguration),
            Register(page, ApicRegister.InitialCount),
            Register(page, ApicRegister.CurrentCount),
            tscDeadline);
    }

    /// <summary>Writes what the register page does not show.</summary>
    /// <param name="writer">Where to.</param>
    public void SaveExtra(StateWriter writer)
    {
        writer.Write(FieldEvents, (ulong)(uint)Volatile.Read(ref _events));
        writer.Write(FieldErrors, Volatile.Read(ref _errors));
        writer.Write(FieldExternalMessage, Volatile.Read(ref _externalMessage));
        writer.Write(FieldTimerExpiry, (ulong)Timer.NextExpiry);
    }

    /// <summary>Replaces what the register page does not show. After <see cref="Restore"/>, with the clock already set.</summary>
    /// <param name="reader">Where from.</param>
    public void RestoreExtra(StateReader reader)
    {
        Volatile.Write(ref _events, (int)reader.ReadUInt64(FieldEvents));
        Volatile.Write(ref _errors, (uint)reader.ReadUInt64(FieldErrors));
        Volatile.Write(ref _externalMessage, reader.ReadBoolean(FieldExternalMessage));
        if (reader.Has(FieldTimerExpiry))
        {
            Timer.RestoreExpiry((long)reader.ReadUInt64(FieldTimerExpiry));
        }

        Attend();
    }

    private static uint Register(ReadOnlySpan<byte> page, uint offset) => BinaryPrimitives.ReadUInt32LittleEndian(page[(int)offset..]);
}
