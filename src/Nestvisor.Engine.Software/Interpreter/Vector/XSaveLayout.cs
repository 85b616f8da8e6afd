using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// The state components that XSAVE's family knows, and where an image has them: in the standard format always at the same
/// places, in the compacted one without room for those that XCOMP_BV lacks (Intel SDM vol. 1 §13.4). None is aligned further.
/// </summary>
internal static unsafe class XSaveLayout
{
    public const ulong X87 = 1;
    public const ulong Sse = 2;
    public const ulong Avx = 4;
    public const ulong Pkru = Xcr0.PKRU;

    /// <summary>XCOMP_BV: the image is compacted.</summary>
    public const ulong Compacted = 1UL << 63;

    private const int AvxSize = 256;
    private const int PkruSize = 8;

    /// <summary>Offset of PKRU in an image that has room for some components.</summary>
    public static int PkruOffset(ulong components) => VectorArea.YmmHigh + ((components & Avx) != 0 ? AvxSize : 0);

    /// <summary>Bytes of an image of some components.</summary>
    public static int Size(ulong components, bool compacted) =>
        (components & Pkru) != 0 ? PkruOffset(compacted ? components : Avx) + PkruSize : PkruOffset(components);

    /// <summary>XINUSE: the components that are not in their initial configuration; for SSE MXCSR does not count.</summary>
    public static ulong InUse(VpState* s)
    {
        byte* area = s->Vector;
        bool x87 = *(ulong*)area != VectorArea.FcwReset
            || (*(ulong*)(area + VectorArea.Fip) | *(ulong*)(area + VectorArea.Fdp)) != 0
            || AnyBits(area + VectorArea.X87Registers, 128);
        return (x87 ? X87 : 0)
            | (AnyBits(area + VectorArea.Xmm, 256) ? Sse : 0)
            | (AnyBits(area + VectorArea.YmmHigh, AvxSize) ? Avx : 0)
            | (s->Pkru != 0 ? Pkru : 0);
    }

    /// <summary>The same for XSAVEC and XGETBV, to which MXCSR counts as a part of SSE.</summary>
    public static ulong InUseWithMxcsr(VpState* s) => InUse(s) | (*VectorArea.MxcsrOf(s) != VectorArea.MxcsrReset ? Sse : 0);

    private static bool AnyBits(byte* at, int length) => new ReadOnlySpan<byte>(at, length).ContainsAnyExcept((byte)0);
}
