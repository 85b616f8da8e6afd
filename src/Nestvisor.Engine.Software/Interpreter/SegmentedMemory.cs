using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Memory in real, virtual-8086 and protected mode with segments that are not flat: types and limits are checked.</summary>
internal readonly unsafe struct SegmentedMemory : IMemoryAccess
{
    public static int Read<T>(VpState* s, Op* o, out T value)
        where T : unmanaged =>
        ReadAt(s, o->Segment, EffectiveAddress.Offset(s, o), out value);

    public static int Write<T>(VpState* s, Op* o, T value)
        where T : unmanaged =>
        WriteAt(s, o->Segment, EffectiveAddress.Offset(s, o), value);

    public static int BeginModify<T>(VpState* s, Op* o, out ModifyTarget target)
        where T : unmanaged
    {
        ulong offset = EffectiveAddress.Offset(s, o);
        int status = Check(s, o->Segment, offset, sizeof(T), write: true);
        target = default;
        return status == Status.Next
            ? LinearMemory.BeginModify<T>(s, s->SegmentBase[o->Segment] + offset, o->Segment, out target)
            : status;
    }

    public static void EndModify(VpState* s, ref ModifyTarget target)
    {
        if (target.NeedsEnd)
        {
            SoftwareProcessor.Of(s).EndModify(ref target);
        }
    }

    public static int ReadAt<T>(VpState* s, int segment, ulong offset, out T value)
        where T : unmanaged
    {
        int status = Check(s, segment, offset, sizeof(T), write: false);
        if (status == Status.Next)
        {
            return LinearMemory.Read(s, s->SegmentBase[segment] + offset, segment, out value);
        }

        value = default;
        return status;
    }

    public static int WriteAt<T>(VpState* s, int segment, ulong offset, T value)
        where T : unmanaged
    {
        int status = Check(s, segment, offset, sizeof(T), write: true);
        return status == Status.Next ? LinearMemory.Write(s, s->SegmentBase[segment] + offset, segment, value) : status;
    }

    public static int ReadBytes(VpState* s, int segment, ulong offset, byte* target, int length)
    {
        int status = Check(s, segment, offset, length, write: false);
        return status == Status.Next ? LinearMemory.ReadBytes(s, s->SegmentBase[segment] + offset, segment, target, length) : status;
    }

    public static int WriteBytes(VpState* s, int segment, ulong offset, byte* source, int length)
    {
        int status = Check(s, segment, offset, length, write: true);
        return status == Status.Next ? LinearMemory.WriteBytes(s, s->SegmentBase[segment] + offset, segment, source, length) : status;
    }

    public static int ProbeWrite(VpState* s, int segment, ulong offset, int length)
    {
        int status = Check(s, segment, offset, length, write: true);
        return status == Status.Next ? LinearMemory.ProbeWrite(s, s->SegmentBase[segment] + offset, segment, length) : status;
    }

    public static int FindRun(VpState* s, int segment, ulong offset, bool write, out byte* host, out int bytes)
    {
        // Real-mode and segmented string instructions are rare: element by element, each checked.
        host = null;
        bytes = 0;
        return Status.Next;
    }

    /// <summary>Checks type and limit of a data access (AMD APM vol. 2 §4.12).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Check(VpState* s, int segment, ulong offset, int length, bool write)
    {
        SegmentRegister* register = &s->Es + segment;
        ulong last = offset + (ulong)length - 1;
        bool expandDown = (register->Attributes & 0x1C) == 0x14;
        if (!expandDown && last <= register->Limit && last >= offset && TypeAllows(s, register, write))
        {
            return Status.Next;
        }

        return CheckSlow(s, segment, offset, last, write);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CheckSlow(VpState* s, int segment, ulong offset, ulong last, bool write)
    {
        SegmentRegister* register = &s->Es + segment;
        bool expandDown = (register->Attributes & 0x1C) == 0x14;
        bool within = expandDown
            ? offset > register->Limit && last >= offset && last <= (register->Big ? uint.MaxValue : 0xFFFF)
            : last <= register->Limit && last >= offset;
        if (within && TypeAllows(s, register, write))
        {
            return Status.Next;
        }

        return segment == 2 ? Fault.StackFault(s, 0) : Fault.GeneralProtection(s, 0);
    }

    private static bool TypeAllows(VpState* s, SegmentRegister* register, bool write)
    {
        // In real mode only the limit counts.
        if ((s->Cr0 & X64.Cr0.PE) == 0)
        {
            return true;
        }

        // A null selector leaves the segment not present; execute-only code cannot be read.
        return register->Present
            && (register->IsCode ? !write && register->WritableOrReadable : !write || register->WritableOrReadable);
    }
}
