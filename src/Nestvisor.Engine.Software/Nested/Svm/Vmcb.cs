using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;
using Nestvisor.Virtualization;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>
/// The private copy of the control block of the running guest. L1's memory is read once, at VMRUN; what is judged and used is
/// the copy. An exit writes back the fields that the manual names (AMD APM vol. 2 §15.6).
/// </summary>
internal sealed unsafe class Vmcb : IDisposable
{
    /// <summary>Bytes of the control area that are used.</summary>
    public const int UsedControlBytes = 0x100;

    /// <summary>End of the state-save area's part that is used.</summary>
    public const int UsedEnd = 0x6A0;

    private readonly byte* _bytes = (byte*)NativeMemory.AlignedAlloc(VmcbOffsets.Bytes, 64);

    public Vmcb() => NativeMemory.Clear(_bytes, VmcbOffsets.Bytes);

    /// <summary>Where the copy is.</summary>
    public byte* Address => _bytes;

    /// <summary>The copy as bytes, up to <see cref="UsedEnd"/>.</summary>
    public Span<byte> Image => new(_bytes, UsedEnd);

    /// <summary>A 64-bit field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong UInt64(int offset) => ref *(ulong*)(_bytes + offset);

    /// <summary>A 32-bit field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref uint UInt32(int offset) => ref *(uint*)(_bytes + offset);

    /// <summary>A 16-bit field.</summary>
    public ref ushort UInt16(int offset) => ref *(ushort*)(_bytes + offset);

    /// <summary>An 8-bit field.</summary>
    public ref byte UInt8(int offset) => ref _bytes[offset];

    /// <summary>Whether an instruction or event is intercepted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Intercepts(SvmIntercept intercept) =>
        ((UInt32(VmcbOffsets.InterceptMisc1 + (((int)intercept >> 5) * 4)) >> ((int)intercept & 31)) & 1) != 0;

    /// <summary>Whether an exception vector is intercepted.</summary>
    public bool InterceptsException(byte vector) =>
        vector < 32 && ((UInt32(VmcbOffsets.InterceptExceptions) >> vector) & 1) != 0;

    /// <summary>Bits of V_TPR, V_IRQ and kin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Virtual(ulong bits) => (UInt64(VmcbOffsets.VirtualInterrupt) & bits) == bits;

    /// <summary>Reads a segment; its base becomes canonical.</summary>
    public SegmentRegister Segment(int offset) => new()
    {
        Selector = UInt16(offset + VmcbOffsets.SegmentSelector),
        Attributes = (ushort)(UInt16(offset + VmcbOffsets.SegmentAttributes) & 0xFFF),
        Limit = UInt32(offset + VmcbOffsets.SegmentLimit),
        Base = Canonical(UInt64(offset + VmcbOffsets.SegmentBase)),
    };

    /// <summary>Writes a segment.</summary>
    public void SetSegment(int offset, in SegmentRegister segment)
    {
        UInt16(offset + VmcbOffsets.SegmentSelector) = segment.Selector;
        UInt16(offset + VmcbOffsets.SegmentAttributes) = segment.Attributes;
        UInt32(offset + VmcbOffsets.SegmentLimit) = segment.Limit;
        UInt64(offset + VmcbOffsets.SegmentBase) = segment.Base;
    }

    /// <summary>Sign-extends an address from the bits that are implemented.</summary>
    public static ulong Canonical(ulong address) => (ulong)((long)(address << 16) >> 16);

    /// <summary>Copies the control block from L1's memory; all ones where there is none.</summary>
    public void Load(GuestMemory memory, ulong address)
    {
        Copy(memory, address, 0, UsedControlBytes);
        Copy(memory, address, VmcbOffsets.ControlBytes, UsedEnd - VmcbOffsets.ControlBytes);
    }

    /// <summary>Copies a part of the control block from L1's memory.</summary>
    public void Copy(GuestMemory memory, ulong address, int offset, int length)
    {
        Span<byte> target = new(_bytes + offset, length);
        if (!memory.TryRead(address + (ulong)offset, target))
        {
            target.Fill(0xFF);
        }
    }

    /// <summary>Writes a part back to L1's memory. The door is told by <see cref="GuestMemory.NoteWritten"/> afterwards.</summary>
    public void Store(byte* page, int offset, int length) => Buffer.MemoryCopy(_bytes + offset, page + offset, length, length);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_bytes);
}
