using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software;

/// <summary>
/// The slow way to memory: everything that no inline entry serves. All pages of an operand are resolved before its first byte
/// moves.
/// </summary>
internal sealed unsafe partial class SoftwareProcessor
{
    /// <summary>Reads linear memory.</summary>
    public int Read(ulong linear, byte* target, int length)
    {
        if (IsAhead)
        {
            return _overlay!.Read(linear, target, length);
        }

        int first = (int)Math.Min((ulong)length, 4096 - (linear & 0xFFF));
        int status = Translate(linear, AccessKind.Read, out ulong physical);
        ulong second = 0;
        if (status == Status.Next && first < length)
        {
            status = Translate(NextPage(linear, State->LinearMask), AccessKind.Read, out second);
        }

        if (status != Status.Next)
        {
            return status;
        }

        if (_alignmentChecked && IsMisaligned(linear, length))
        {
            return Fault.AlignmentCheck(State);
        }

        if (DataBreakpointsArmed)
        {
            CheckDataBreakpoints(linear, length, write: false);
        }

        ReadPhysical(physical, target, first);
        if (first < length)
        {
            ReadPhysical(second, target + first, length - first);
        }

        return Status.Next;
    }

    /// <summary>Writes linear memory: all of it, or nothing.</summary>
    public int Write(ulong linear, byte* source, int length)
    {
        if (IsAhead)
        {
            return _overlay!.Write(linear, source, length);
        }

        int first = (int)Math.Min((ulong)length, 4096 - (linear & 0xFFF));
        int status = Translate(linear, AccessKind.Write, out ulong physical);
        ulong second = 0;
        if (status == Status.Next && first < length)
        {
            status = Translate(NextPage(linear, State->LinearMask), AccessKind.Write, out second);
        }

        if (status != Status.Next)
        {
            return status;
        }

        if (_alignmentChecked && IsMisaligned(linear, length))
        {
            return Fault.AlignmentCheck(State);
        }

        if (DataBreakpointsArmed)
        {
            CheckDataBreakpoints(linear, length, write: true);
        }

        WritePhysical(physical, source, first);
        if (first < length)
        {
            WritePhysical(second, source + first, length - first);
        }

        return Status.Next;
    }

    /// <summary>Checks that linear memory can be written.</summary>
    public int ProbeWrite(ulong linear, int length)
    {
        if (IsAhead)
        {
            return _overlay!.ProbeWrite(linear, length);
        }

        int status = Translate(linear, AccessKind.Write, out _);
        if (status == Status.Next && (linear & 0xFFF) + (ulong)length > 4096)
        {
            status = Translate(NextPage(linear, State->LinearMask), AccessKind.Write, out _);
        }

        return status;
    }

    /// <summary>Opens linear memory for reading and writing.</summary>
    public int BeginModify(ulong linear, int length, out ModifyTarget target)
    {
        if (IsAhead)
        {
            return _overlay!.BeginModify(State, linear, length, out target);
        }

        target = new ModifyTarget { Linear = linear, Size = length, Pointer = State->Scratch, NeedsEnd = true };
        int status = Translate(linear, AccessKind.Write, out ulong physical);
        if (status != Status.Next)
        {
            return status;
        }

        if (_alignmentChecked && IsMisaligned(linear, length))
        {
            return Fault.AlignmentCheck(State);
        }

        if ((linear & 0xFFF) + (ulong)length <= 4096 && Memory.IsRam(physical, (ulong)length)
            && !(physical >> 12 == _apicPage >> 12 && _apicMapped) && !DataBreakpointsArmed)
        {
            target.Pointer = Memory.Base + physical;
            target.Physical = physical;
            target.Direct = true;
            return Status.Next;
        }

        status = ProbeWrite(linear, length);
        if (status != Status.Next)
        {
            return status;
        }

        // Other processors must not see or change the operand between the read and the write-back.
        Partition.BeginExclusive(this);
        status = Read(linear, State->Scratch, length);
        if (status != Status.Next)
        {
            Partition.EndExclusive(this);
        }

        return status;
    }

    /// <summary>Writes back what <see cref="BeginModify"/> copied, or drops code that was changed in place.</summary>
    public void EndModify(ref ModifyTarget target)
    {
        if (IsAhead)
        {
            _ = _overlay!.Write(target.Linear, target.Pointer, target.Size);
            return;
        }

        if (target.Direct)
        {
            if (HasCode(target.Physical))
            {
                Partition.Code.Written(target.Physical, target.Size, this);
            }

            return;
        }

        _ = Write(target.Linear, target.Pointer, target.Size);
        Partition.EndExclusive(this);
    }

    /// <summary>Reads physical memory of L1 or its devices, within one page.</summary>
    public void ReadPhysical(ulong physical, byte* target, int length)
    {
        if (physical - _apicPage < 4096 && _apicMapped)
        {
            ReadApic((int)(physical - _apicPage), target, length);
        }
        else if (Memory.IsRam(physical, (ulong)length))
        {
            // SAFETY: IsRam has checked the range.
            Buffer.MemoryCopy(Memory.Base + physical, target, length, length);
        }
        else
        {
            LeaveGuest();
            for (int done = 0; done < length; done += 32)
            {
                _bus.ReadMemory(physical + (ulong)done, new Span<byte>(target + done, Math.Min(32, length - done)));
            }

            EnterGuest();
        }
    }

    /// <summary>Writes physical memory of L1 or its devices, within one page.</summary>
    public void WritePhysical(ulong physical, byte* source, int length)
    {
        if (physical - _apicPage < 4096 && _apicMapped)
        {
            WriteApic((int)(physical - _apicPage), source, length);
        }
        else if (Memory.IsRam(physical, (ulong)length))
        {
            // SAFETY: IsRam has checked the range.
            Store(Memory.Base + physical, source, length);
            if ((Memory.PageFlags[physical >> 12] & (byte)PageFlag.Code) != 0)
            {
                Partition.Code.Written(physical, length, this);
            }
        }
        else
        {
            LeaveGuest();
            for (int done = Partition.Ring(physical) ? length : 0; done < length; done += 32)
            {
                _bus.WriteMemory(physical + (ulong)done, new ReadOnlySpan<byte>(source + done, Math.Min(32, length - done)));
            }

            EnterGuest();
        }
    }

    // Words, doublewords and quadwords are checked (AMD APM vol. 2 §8.2.18); vector operands have rules of their own.
    private static bool IsMisaligned(ulong linear, int length) =>
        length is 2 or 4 or 8 && (linear & (ulong)(length - 1)) != 0;

    // Where addresses have 32 bits the first page follows the last one.
    private static ulong NextPage(ulong linear, ulong mask) => ((linear & ~0xFFFUL) + 0x1000) & mask;

    // A store of a power of two is one store, as other processors expect.
    private static void Store(byte* target, byte* source, int length)
    {
        switch (length)
        {
            case 1:
                *target = *source;
                break;
            case 2:
                *(ushort*)target = *(ushort*)source;
                break;
            case 4:
                *(uint*)target = *(uint*)source;
                break;
            case 8:
                *(ulong*)target = *(ulong*)source;
                break;
            default:
                Buffer.MemoryCopy(source, target, length, length);
                break;
        }
    }

    private bool HasCode(ulong physical) => (Memory.PageFlags[physical >> 12] & (byte)PageFlag.Code) != 0;
}
