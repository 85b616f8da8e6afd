using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>The 512-byte legacy region of FXSAVE and XSAVE images (AMD APM vol. 2 figures 11-8 and 11-9).</summary>
internal static unsafe class LegacyImage
{
    private const int X87RegistersSize = 128;

    /// <summary>Composes the region; bytes 416 on are not touched.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="image">Target.</param>
    /// <param name="wide">REX.W: pointers of 64 bits instead of selector and 32 bits.</param>
    /// <param name="registers">XMM registers that exist: 8 or 16.</param>
    public static void Write(VpState* s, byte* image, bool wide, int registers)
    {
        WriteX87(s, image, wide);
        *(uint*)(image + VectorArea.Mxcsr) = *VectorArea.MxcsrOf(s);
        *(uint*)(image + VectorArea.MxcsrMask) = VectorArea.MxcsrBits;
        Buffer.MemoryCopy(s->Vector + VectorArea.Xmm, image + VectorArea.Xmm, 16 * registers, 16 * registers);
    }

    /// <summary>Composes the x87 part: bytes 0 to 23 and 32 to 159.</summary>
    public static void WriteX87(VpState* s, byte* image, bool wide)
    {
        byte* area = s->Vector;
        *(ulong*)image = *(ulong*)area & ~0xFF0000000000UL;
        if ((*(ushort*)(area + VectorArea.Fsw) & 0x80) == 0)
        {
            // AMD's processors keep the pointers for a pending exception only (CPUID 80000008h EBX bit 2 says that they write
            // zeros then, and always restore them).
            *(ushort*)(image + VectorArea.Fop) = 0;
            *(UInt128*)(image + VectorArea.Fip) = 0;
            Buffer.MemoryCopy(area + VectorArea.X87Registers, image + VectorArea.X87Registers, X87RegistersSize, X87RegistersSize);
            return;
        }

        ulong fip = *(ulong*)(area + VectorArea.Fip);
        ulong fdp = *(ulong*)(area + VectorArea.Fdp);
        *(ulong*)(image + VectorArea.Fip) = wide ? fip : fip & 0xFFFF_FFFF_FFFF;
        *(ulong*)(image + VectorArea.Fdp) = wide ? fdp : fdp & 0xFFFF_FFFF_FFFF;
        Buffer.MemoryCopy(area + VectorArea.X87Registers, image + VectorArea.X87Registers, X87RegistersSize, X87RegistersSize);
    }

    /// <summary>Loads the x87 part.</summary>
    public static void ReadX87(VpState* s, byte* image, bool wide)
    {
        byte* area = s->Vector;
        *(ulong*)area = *(ulong*)image & 0x07FF_00FF_FFFF_FFFF;

        // FCW: bit 6 reads as one, bits 7 and 13 to 15 as zero.
        *(ushort*)(area + VectorArea.Fcw) = (ushort)((*(ushort*)(area + VectorArea.Fcw) & 0x1F3F) | 0x40);
        ulong fip = *(ulong*)(image + VectorArea.Fip);
        ulong fdp = *(ulong*)(image + VectorArea.Fdp);
        *(ulong*)(area + VectorArea.Fip) = wide ? fip : fip & 0xFFFF_FFFF_FFFF;
        *(ulong*)(area + VectorArea.Fdp) = wide ? fdp : fdp & 0xFFFF_FFFF_FFFF;
        for (int i = 0; i < 8; i++)
        {
            byte* from = image + VectorArea.X87Registers + (16 * i);
            byte* to = area + VectorArea.X87Registers + (16 * i);
            *(ulong*)to = *(ulong*)from;
            *(ulong*)(to + 8) = *(ushort*)(from + 8);
        }

        VectorArea.NormalizeX87(area);
    }

    /// <summary>Sets the x87 part to its initial configuration.</summary>
    public static void InitializeX87(byte* area)
    {
        new Span<byte>(area, VectorArea.Mxcsr).Clear();
        new Span<byte>(area + VectorArea.X87Registers, X87RegistersSize).Clear();
        *(ushort*)(area + VectorArea.Fcw) = VectorArea.FcwReset;
    }

    /// <summary>Loads XMM registers.</summary>
    public static void ReadXmm(VpState* s, byte* image, int registers) =>
        Buffer.MemoryCopy(image + VectorArea.Xmm, s->Vector + VectorArea.Xmm, 16 * registers, 16 * registers);
}
