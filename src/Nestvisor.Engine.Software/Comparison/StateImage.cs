using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// What a block can change of a processor, and what it must not change: general registers, RIP, flags, segments, system registers, the
/// shadow of STI, and x87 and vector state. In native memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StateImage
{
    private const int SystemRoom = 320;

    // OF, and of what LAHF gives SF, ZF, AF, PF and CF; the rest is whatever the host's register held.
    private const uint FlagBits = 0xD501;

    private static readonly int s_systemBytes = SystemBytes();

    /// <summary>RAX to R15 by number.</summary>
    public fixed ulong Gpr[16];

    /// <summary>RIP; says something only if the block was left by a way.</summary>
    public ulong Rip;

    /// <summary>The arithmetic flags as the interpreter keeps them, which can be the same in several ways.</summary>
    public ulong FlagsResult;
    public ulong FlagsAux;

    /// <summary>The arithmetic flags as native code keeps them.</summary>
    public uint Flags;

    /// <summary>All other flags. From here on up to <see cref="Vector"/> two images are compared as bytes.</summary>
    public ulong SystemFlags;
    public fixed ulong SegmentBase[6];
    public ulong KernelGsBase;

    /// <summary>Everything between <c>VpState.Es</c> and <c>VpState.InterruptShadow</c>.</summary>
    public fixed byte System[SystemRoom];

    /// <summary>The area of <c>VpState.Vector</c>.</summary>
    public fixed byte Vector[VectorArea.Size];

    /// <summary>Takes the state.</summary>
    public void Save(VpState* s, bool vectors)
    {
        new ReadOnlySpan<ulong>(s->Gpr, 16).CopyTo(Registers);
        Rip = s->Rip;
        FlagsResult = s->FlagsResult;
        FlagsAux = s->FlagsAux;
        Flags = LazyFlags.ReadNative(s) & FlagBits;
        SystemFlags = s->SystemFlags;
        for (int i = 0; i < 6; i++)
        {
            SegmentBase[i] = s->SegmentBase[i];
        }

        KernelGsBase = s->KernelGsBase;
        new ReadOnlySpan<byte>(&s->Es, s_systemBytes).CopyTo(MemoryMarshal.CreateSpan(ref System[0], SystemRoom));
        if (vectors)
        {
            new ReadOnlySpan<byte>(s->Vector, VectorArea.Size).CopyTo(Vectors);
        }
    }

    /// <summary>Makes the state what was taken.</summary>
    public void Restore(VpState* s, bool vectors)
    {
        Registers.CopyTo(new Span<ulong>(s->Gpr, 16));
        s->Rip = Rip;
        s->FlagsResult = FlagsResult;
        s->FlagsAux = FlagsAux;
        s->SystemFlags = SystemFlags;
        for (int i = 0; i < 6; i++)
        {
            s->SegmentBase[i] = SegmentBase[i];
        }

        s->KernelGsBase = KernelGsBase;
        MemoryMarshal.CreateSpan(ref System[0], s_systemBytes).CopyTo(new Span<byte>(&s->Es, s_systemBytes));
        if (vectors)
        {
            Vectors.CopyTo(new Span<byte>(s->Vector, VectorArea.Size));
        }
    }

    /// <summary>Whether two images hold the same, RIP apart.</summary>
    public bool Agrees(ref StateImage other, bool vectors) =>
        Registers.SequenceEqual(other.Registers)
        && Flags == other.Flags
        && Rest.SequenceEqual(other.Rest)
        && (!vectors || DifferentVector(ref other) < 0);

    /// <summary>The first byte of x87 and vector state that differs; -1 if none does.</summary>
    public int DifferentVector(ref StateImage other)
    {
        // MXCSR_MASK, what lies behind the registers and the header say nothing of the guest's state.
        foreach (Range part in (ReadOnlySpan<Range>)[0..VectorArea.MxcsrMask, VectorArea.X87Registers..RegistersEnd, VectorArea.YmmHigh..VectorsEnd])
        {
            int same = Vectors[part].CommonPrefixLength(other.Vectors[part]);
            int start = part.Start.Value;
            if (same < part.End.Value - start)
            {
                return start + same;
            }
        }

        return -1;
    }

    /// <summary>RFLAGS.</summary>
    public readonly ulong AllFlags => SystemFlags | ((Flags >> 8) & 0xD5) | ((Flags & 1) << 11);

    private const int RegistersEnd = VectorArea.Xmm + (16 * 16);
    private const int VectorsEnd = VectorArea.YmmHigh + (16 * 16);

    /// <summary>The system registers as <c>VpState</c> has them.</summary>
    public Span<byte> SystemPart => MemoryMarshal.CreateSpan(ref System[0], s_systemBytes);

    private Span<ulong> Registers => MemoryMarshal.CreateSpan(ref Gpr[0], 16);

    private Span<byte> Vectors => MemoryMarshal.CreateSpan(ref Vector[0], VectorArea.Size);

    // The end of what is copied is followed by zeros in each image.
    private Span<byte> Rest => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref SystemFlags, 8 + (SystemRoom / 8)));

    private static int SystemBytes()
    {
        VpState state = default;
        VpState* s = &state;

        // SAFETY: a distance inside one local.
        int bytes = (int)(&s->InterruptShadow + 1 - (byte*)&s->Es);
        return bytes <= SystemRoom ? bytes : throw new InvalidOperationException($"The system registers take {bytes} bytes; there is room for {SystemRoom}.");
    }
}
