using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Memory in 64-bit mode, and in legacy modes whose segments are all flat: linear address = base + offset, no limits.</summary>
internal readonly unsafe struct FlatMemory : IMemoryAccess
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read<T>(VpState* s, Op* o, out T value)
        where T : unmanaged =>
        LinearMemory.Read(s, s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o), o->Segment, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write<T>(VpState* s, Op* o, T value)
        where T : unmanaged =>
        LinearMemory.Write(s, s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o), o->Segment, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BeginModify<T>(VpState* s, Op* o, out ModifyTarget target)
        where T : unmanaged =>
        LinearMemory.BeginModify<T>(s, s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o), o->Segment, out target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EndModify(VpState* s, ref ModifyTarget target)
    {
        if (target.NeedsEnd)
        {
            SoftwareProcessor.Of(s).EndModify(ref target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadAt<T>(VpState* s, int segment, ulong offset, out T value)
        where T : unmanaged =>
        LinearMemory.Read(s, s->SegmentBase[segment] + offset, segment, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteAt<T>(VpState* s, int segment, ulong offset, T value)
        where T : unmanaged =>
        LinearMemory.Write(s, s->SegmentBase[segment] + offset, segment, value);

    public static int ReadBytes(VpState* s, int segment, ulong offset, byte* target, int length) =>
        LinearMemory.ReadBytes(s, s->SegmentBase[segment] + offset, segment, target, length);

    public static int WriteBytes(VpState* s, int segment, ulong offset, byte* source, int length) =>
        LinearMemory.WriteBytes(s, s->SegmentBase[segment] + offset, segment, source, length);

    public static int ProbeWrite(VpState* s, int segment, ulong offset, int length) =>
        LinearMemory.ProbeWrite(s, s->SegmentBase[segment] + offset, segment, length);

    public static int FindRun(VpState* s, int segment, ulong offset, bool write, out byte* host, out int bytes)
    {
        LinearMemory.FindRun(s, s->SegmentBase[segment] + offset, write, out host, out bytes);
        return Status.Next;
    }
}
