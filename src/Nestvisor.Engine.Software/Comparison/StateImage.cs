using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// What a block can change of a processor: general registers, RIP, flags, segment bases, the shadow of STI, and x87 and vector state. In
/// native memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StateImage
{
    // OF, and of what LAHF gives SF, ZF, AF, PF and CF; the rest is whatever the host's register held.
    private const uint FlagBits = 0xD501;
    private const int RegistersEnd = VectorArea.Xmm + (16 * 16);
    private const int VectorsEnd = VectorArea.YmmHigh + (16 * 16);

    /// <summary>RAX to R15 by number.</summary>
    public Sixteen Gpr;

    /// <summary>The bases that addresses are formed with.</summary>
    public Six SegmentBase;

    public ulong GsBase;
    public ulong KernelGsBase;

    /// <summary>All flags but the arithmetic ones.</summary>
    public ulong SystemFlags;

    /// <summary>RIP; says something only if the block was left by a way.</summary>
    public ulong Rip;

    /// <summary>The arithmetic flags as the interpreter keeps them, which can be the same in several ways.</summary>
    public ulong FlagsResult;
    public ulong FlagsAux;

    /// <summary>The arithmetic flags as native code keeps them.</summary>
    public uint Flags;

    public byte InterruptShadow;

    /// <summary>The area of <c>VpState.Vector</c>.</summary>
    public fixed byte Vector[VectorArea.Size];

    /// <summary>RFLAGS.</summary>
    public readonly ulong AllFlags => SystemFlags | ((Flags >> 8) & 0xD5) | ((Flags & 1) << 11);

    /// <summary>Takes the state.</summary>
    public void Save(VpState* s, bool vectors)
    {
        Gpr = *(Sixteen*)s->Gpr;
        SegmentBase = *(Six*)s->SegmentBase;
        GsBase = s->Gs.Base;
        KernelGsBase = s->KernelGsBase;
        SystemFlags = s->SystemFlags;
        Rip = s->Rip;
        FlagsResult = s->FlagsResult;
        FlagsAux = s->FlagsAux;
        Flags = LazyFlags.ReadNative(s);
        InterruptShadow = s->InterruptShadow;
        if (vectors)
        {
            new ReadOnlySpan<byte>(s->Vector, VectorArea.Size).CopyTo(MemoryMarshal.CreateSpan(ref Vector[0], VectorArea.Size));
        }
    }

    /// <summary>Makes the state what was taken.</summary>
    public void Restore(VpState* s, bool vectors)
    {
        *(Sixteen*)s->Gpr = Gpr;
        *(Six*)s->SegmentBase = SegmentBase;
        s->Gs.Base = GsBase;
        s->KernelGsBase = KernelGsBase;
        s->SystemFlags = SystemFlags;
        s->Rip = Rip;
        s->FlagsResult = FlagsResult;
        s->FlagsAux = FlagsAux;
        s->InterruptShadow = InterruptShadow;
        if (vectors)
        {
            MemoryMarshal.CreateSpan(ref Vector[0], VectorArea.Size).CopyTo(new Span<byte>(s->Vector, VectorArea.Size));
        }
    }

    /// <summary>Whether native code has left the state as it was taken; RIP apart.</summary>
    public bool Agrees(VpState* s, bool vectors) =>
        MemoryMarshal.CreateReadOnlySpan(ref Gpr.First, 16).SequenceEqual(new ReadOnlySpan<ulong>(s->Gpr, 16))
        && MemoryMarshal.CreateReadOnlySpan(ref SegmentBase.First, 6).SequenceEqual(new ReadOnlySpan<ulong>(s->SegmentBase, 6))
        && GsBase == s->Gs.Base
        && KernelGsBase == s->KernelGsBase
        && SystemFlags == s->SystemFlags
        && ((Flags ^ s->NativeFlags) & FlagBits) == 0
        && InterruptShadow == s->InterruptShadow
        && (!vectors || DifferentVector(s->Vector) < 0);

    /// <summary>The first byte of x87 and vector state that differs; -1 if none does.</summary>
    public int DifferentVector(byte* area)
    {
        // MXCSR_MASK, what lies behind the registers and the header say nothing of the guest's state.
        int at = Different(area, 0, VectorArea.MxcsrMask);
        at = at >= 0 ? at : Different(area, VectorArea.X87Registers, RegistersEnd);
        return at >= 0 ? at : Different(area, VectorArea.YmmHigh, VectorsEnd);
    }

    private int Different(byte* area, int start, int end)
    {
        int same = MemoryMarshal.CreateReadOnlySpan(ref Vector[start], end - start).CommonPrefixLength(new ReadOnlySpan<byte>(area + start, end - start));
        return same == end - start ? -1 : start + same;
    }

    /// <summary>Sixteen registers, copied as one.</summary>
    public struct Sixteen
    {
        public ulong First;
        private fixed ulong _others[15];

        public ulong this[int number] => MemoryMarshal.CreateReadOnlySpan(ref First, 16)[number];
    }

    /// <summary>Six registers, copied as one.</summary>
    public struct Six
    {
        public ulong First;
        private fixed ulong _others[5];

        public ulong this[int number] => MemoryMarshal.CreateReadOnlySpan(ref First, 6)[number];
    }
}
