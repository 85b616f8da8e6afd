using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>Guest memory for tests of handlers: one window at a fixed linear address; everything outside is a page fault.</summary>
internal readonly unsafe struct BareMemory : IMemoryAccess
{
    public const ulong Base = 0x10000;
    public const int Size = 8192;

    [ThreadStatic]
    private static byte* t_window;

    public static byte* Window
    {
        get
        {
            if (t_window == null)
            {
                t_window = (byte*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(Size, 64);
            }

            return t_window;
        }
    }

    public static int Read<T>(VpState* s, Op* o, out T value)
        where T : unmanaged =>
        ReadAt(s, o->Segment, EffectiveAddress.Offset(s, o), out value);

    public static int Write<T>(VpState* s, Op* o, T value)
        where T : unmanaged =>
        WriteAt(s, o->Segment, EffectiveAddress.Offset(s, o), value);

    public static int BeginModify<T>(VpState* s, Op* o, out ModifyTarget target)
        where T : unmanaged
    {
        target = default;
        int status = Find(s, o->Segment, EffectiveAddress.Offset(s, o), sizeof(T), write: true, out target.Pointer);
        target.Direct = true;
        return status;
    }

    public static void EndModify(VpState* s, ref ModifyTarget target)
    {
    }

    public static int ReadAt<T>(VpState* s, int segment, ulong offset, out T value)
        where T : unmanaged
    {
        value = default;
        int status = Find(s, segment, offset, sizeof(T), write: false, out byte* at);
        if (status == Status.Next)
        {
            value = Unsafe.ReadUnaligned<T>(at);
        }

        return status;
    }

    public static int WriteAt<T>(VpState* s, int segment, ulong offset, T value)
        where T : unmanaged
    {
        int status = Find(s, segment, offset, sizeof(T), write: true, out byte* at);
        if (status == Status.Next)
        {
            Unsafe.WriteUnaligned(at, value);
        }

        return status;
    }

    public static int ReadBytes(VpState* s, int segment, ulong offset, byte* target, int length)
    {
        int status = Find(s, segment, offset, length, write: false, out byte* at);
        if (status == Status.Next)
        {
            Buffer.MemoryCopy(at, target, length, length);
        }

        return status;
    }

    public static int WriteBytes(VpState* s, int segment, ulong offset, byte* source, int length)
    {
        int status = Find(s, segment, offset, length, write: true, out byte* at);
        if (status == Status.Next)
        {
            Buffer.MemoryCopy(source, at, length, length);
        }

        return status;
    }

    public static int ProbeWrite(VpState* s, int segment, ulong offset, int length) =>
        Find(s, segment, offset, length, write: true, out _);

    public static int FindRun(VpState* s, int segment, ulong offset, bool write, out byte* host, out int bytes)
    {
        host = null;
        bytes = 0;
        return Status.Next;
    }

    private static int Find(VpState* s, int segment, ulong offset, int length, bool write, out byte* at)
    {
        ulong linear = offset + s->SegmentBase[segment];
        at = Window + (linear - Base);
        if (linear >= Base && linear + (ulong)length <= Base + Size)
        {
            return Status.Next;
        }

        ulong fault = linear < Base || linear >= Base + Size ? linear : Base + Size;
        return Fault.PageFault(s, fault, write ? 6u : 4u);
    }
}
