using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Memory by linear address: through the inline tables, else the processor's slow path.</summary>
internal static unsafe class LinearMemory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read<T>(VpState* s, ulong linear, int segment, out T value)
        where T : unmanaged
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = s->ReadTlb + ((linear >> 12) & (TlbEntry.Count - 1));

        // Tag and page crossing in one compare: the difference is the offset in the page only if the page is the entry's.
        if ((linear ^ entry->Tag) <= (ulong)(4096 - sizeof(T)))
        {
            // SAFETY: a read entry maps the whole page to RAM.
            value = Unsafe.ReadUnaligned<T>((void*)(entry->Page + (linear & 0xFFF)));
            return Status.Next;
        }

        return ReadSlow(s, linear, segment, out value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write<T>(VpState* s, ulong linear, int segment, T value)
        where T : unmanaged
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = s->WriteTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if ((linear ^ entry->Tag) <= (ulong)(4096 - sizeof(T)))
        {
            // SAFETY: a write entry maps the whole page to RAM that holds no code.
            Unsafe.WriteUnaligned((void*)(entry->Page + (linear & 0xFFF)), value);
            return Status.Next;
        }

        return WriteBytes(s, linear, segment, (byte*)&value, sizeof(T));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BeginModify<T>(VpState* s, ulong linear, int segment, out ModifyTarget target)
        where T : unmanaged
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = s->WriteTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if ((linear ^ entry->Tag) <= (ulong)(4096 - sizeof(T)))
        {
            target = new ModifyTarget { Pointer = (byte*)(entry->Page + (linear & 0xFFF)), Direct = true };
            return Status.Next;
        }

        return BeginModifySlow(s, linear, segment, sizeof(T), out target);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int ReadBytes(VpState* s, ulong linear, int segment, byte* target, int length)
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = s->ReadTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if ((linear ^ entry->Tag) <= (ulong)(4096 - length))
        {
            // SAFETY: a read entry maps the whole page to RAM.
            Unsafe.CopyBlockUnaligned(target, (void*)(entry->Page + (linear & 0xFFF)), (uint)length);
            return Status.Next;
        }

        return Canonical(linear, length) ? SoftwareProcessor.Of(s).Read(linear, target, length) : NonCanonical(s, segment);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int WriteBytes(VpState* s, ulong linear, int segment, byte* source, int length)
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = s->WriteTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if ((linear ^ entry->Tag) <= (ulong)(4096 - length))
        {
            // SAFETY: a write entry maps the whole page to RAM that holds no code.
            Unsafe.CopyBlockUnaligned((void*)(entry->Page + (linear & 0xFFF)), source, (uint)length);
            return Status.Next;
        }

        return Canonical(linear, length) ? SoftwareProcessor.Of(s).Write(linear, source, length) : NonCanonical(s, segment);
    }

    public static int ProbeWrite(VpState* s, ulong linear, int segment, int length)
    {
        linear = Wrap(s, linear);
        return Canonical(linear, length) ? SoftwareProcessor.Of(s).ProbeWrite(linear, length) : NonCanonical(s, segment);
    }

    public static void FindRun(VpState* s, ulong linear, bool write, out byte* host, out int bytes)
    {
        linear = Wrap(s, linear);
        TlbEntry* entry = (write ? s->WriteTlb : s->ReadTlb) + ((linear >> 12) & (TlbEntry.Count - 1));
        bool hit = entry->Tag == (linear & ~0xFFFUL);
        host = hit ? (byte*)(entry->Page + (linear & 0xFFF)) : null;
        bytes = hit ? 4096 - (int)(linear & 0xFFF) : 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadSlow<T>(VpState* s, ulong linear, int segment, out T value)
        where T : unmanaged
    {
        T result = default;
        int status = ReadBytes(s, linear, segment, (byte*)&result, sizeof(T));
        value = result;
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int BeginModifySlow(VpState* s, ulong linear, int segment, int length, out ModifyTarget target)
    {
        if (!Canonical(linear, length))
        {
            target = default;
            return NonCanonical(s, segment);
        }

        return SoftwareProcessor.Of(s).BeginModify(linear, length, out target);
    }

    // Outside 64-bit mode linear addresses have 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Wrap(VpState* s, ulong linear) => linear & s->LinearMask;

    private static bool Canonical(ulong linear, int length) =>
        CpuLimits.IsCanonical(linear) && CpuLimits.IsCanonical(linear + (ulong)length - 1);

    private static int NonCanonical(VpState* s, int segment) =>
        segment == 2 ? Fault.StackFault(s, 0) : Fault.GeneralProtection(s, 0);
}
