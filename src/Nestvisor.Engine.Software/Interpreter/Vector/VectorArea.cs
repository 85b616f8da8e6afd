using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// The guest's x87, MMX, SSE and AVX state: the standard XSAVE layout (AMD APM vol. 2 §11.5.7, vol. 1 §13.4 of the Intel SDM)
/// at <see cref="VpState.Vector"/>.
/// </summary>
internal static unsafe class VectorArea
{
    public const int Fcw = 0;
    public const int Fsw = 2;
    public const int Ftw = 4;
    public const int Fop = 6;
    public const int Fip = 8;
    public const int Fdp = 16;
    public const int Mxcsr = 24;
    public const int MxcsrMask = 28;
    public const int X87Registers = 32;
    public const int Xmm = 160;
    public const int LegacySize = 512;
    public const int HeaderSize = 64;
    public const int YmmHigh = LegacySize + HeaderSize;
    public const int Size = 1024;

    /// <summary>Bits of MXCSR that exist; MISALIGNSSE's MM (bit 17) does not.</summary>
    public const uint MxcsrBits = 0xFFFF;

    /// <summary>The bits of MXCSR that mask its exceptions.</summary>
    public const uint MxcsrMasks = 0x1F80;

    /// <summary>MXCSR after reset: all exceptions masked.</summary>
    public const uint MxcsrReset = 0x1F80;

    /// <summary>x87 control word after FNINIT.</summary>
    public const ushort FcwReset = 0x37F;

    /// <summary>State after reset (AMD APM vol. 2 table 14-1): FCW 40h, all tags empty in effect of FNINIT by the guest.</summary>
    public static void Reset(byte* area)
    {
        new Span<byte>(area, Size).Clear();
        *(ushort*)(area + Fcw) = 0x40;
        *(uint*)(area + Mxcsr) = MxcsrReset;
        area[Ftw] = 0xFF;
    }

    /// <summary>A vector register's lower half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte>* Low(VpState* s, int number) => (Vector128<byte>*)(s->Vector + Xmm) + number;

    /// <summary>A vector register's upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte>* High(VpState* s, int number) => (Vector128<byte>*)(s->Vector + YmmHigh) + number;

    /// <summary>MXCSR.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* MxcsrOf(VpState* s) => (uint*)(s->Vector + Mxcsr);

    /// <summary>Whether an unmasked x87 exception is pending: the next waiting x87 or MMX instruction raises #MF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool X87Pending(VpState* s) => (*(ushort*)(s->Vector + Fsw) & ~*(ushort*)(s->Vector + Fcw) & 0x3F) != 0;

    /// <summary>Makes FSW.ES and FSW.B agree with the flags and masks, as loading the state does in hardware.</summary>
    public static void NormalizeX87(byte* area)
    {
        ushort* fsw = (ushort*)(area + Fsw);
        *fsw = (*fsw & ~*(ushort*)(area + Fcw) & 0x3F) != 0 ? (ushort)(*fsw | 0x8080) : (ushort)(*fsw & 0x7F7F);
    }
}
