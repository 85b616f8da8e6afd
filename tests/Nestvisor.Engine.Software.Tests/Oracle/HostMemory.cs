using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// Memory of the interpreter under test: the host's own, at the same addresses, faulting where <see cref="Arena"/> says, as
/// user-mode code in 64-bit mode would.
/// </summary>
internal unsafe struct HostMemory : IMemoryAccess
{
    private const int StackSegment = 2;

    public static int Read<T>(VpState* s, Op* o, out T value)
        where T : unmanaged =>
        ReadAt(s, o->Segment, EffectiveAddress.Offset(s, o), out value);

    public static int Write<T>(VpState* s, Op* o, T value)
        where T : unmanaged =>
        WriteAt(s, o->Segment, EffectiveAddress.Offset(s, o), value);

    public static int BeginModify<T>(VpState* s, Op* o, out ModifyTarget target)
        where T : unmanaged
    {
        ulong address = Linear(s, o->Segment, EffectiveAddress.Offset(s, o));
        target = new ModifyTarget { Pointer = (byte*)address, Direct = true, Linear = address, Size = sizeof(T) };
        return Check(s, o->Segment, address, sizeof(T), true);
    }

    public static void EndModify(VpState* s, ref ModifyTarget target)
    {
    }

    public static int ReadAt<T>(VpState* s, int segment, ulong offset, out T value)
        where T : unmanaged
    {
        offset = Linear(s, segment, offset);
        int status = Check(s, segment, offset, sizeof(T), false);
        value = status == Status.Next ? *(T*)offset : default;
        return status;
    }

    public static int WriteAt<T>(VpState* s, int segment, ulong offset, T value)
        where T : unmanaged
    {
        offset = Linear(s, segment, offset);
        int status = Check(s, segment, offset, sizeof(T), true);
        if (status == Status.Next)
        {
            *(T*)offset = value;
        }

        return status;
    }

    public static int ReadBytes(VpState* s, int segment, ulong offset, byte* target, int length)
    {
        offset = Linear(s, segment, offset);
        int status = Check(s, segment, offset, length, false);
        if (status == Status.Next)
        {
            new Span<byte>((void*)offset, length).CopyTo(new Span<byte>(target, length));
        }

        return status;
    }

    public static int WriteBytes(VpState* s, int segment, ulong offset, byte* source, int length)
    {
        offset = Linear(s, segment, offset);
        int status = Check(s, segment, offset, length, true);
        if (status == Status.Next)
        {
            new Span<byte>(source, length).CopyTo(new Span<byte>((void*)offset, length));
        }

        return status;
    }

    public static int ProbeWrite(VpState* s, int segment, ulong offset, int length) =>
        Check(s, segment, Linear(s, segment, offset), length, true);

    public static int FindRun(VpState* s, int segment, ulong offset, bool write, out byte* host, out int bytes)
    {
        offset = Linear(s, segment, offset);
        host = (byte*)offset;
        bytes = Arena.PageSize - (int)(offset & (Arena.PageSize - 1));
        int status = Check(s, segment, offset, 1, write);
        if (status != Status.Next)
        {
            bytes = 0;
        }

        return status;
    }

    private static ulong Linear(VpState* s, int segment, ulong offset) => (offset + s->SegmentBase[segment]) & s->LinearMask;

    private static int Check(VpState* s, int segment, ulong address, int length, bool write)
    {
        ulong last = address + (ulong)length - 1;
        if (!IsCanonical(address) || !IsCanonical(last))
        {
            return segment == StackSegment ? Fault.StackFault(s, 0) : Fault.GeneralProtection(s, 0);
        }

        for (ulong page = address; ; page = (page | (Arena.PageSize - 1)) + 1)
        {
            if (!Arena.IsAllowed(page, write))
            {
                return Fault.PageFault(s, page, 4u | (write ? 2u : 0) | (Arena.IsPresent(page) ? 1u : 0));
            }

            if ((page | (Arena.PageSize - 1)) >= last)
            {
                return Status.Next;
            }
        }
    }

    private static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;
}
