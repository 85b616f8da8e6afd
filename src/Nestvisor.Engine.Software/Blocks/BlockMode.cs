using Iced.Intel;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>
/// What of the processor's state the meaning of code depends on; part of a block's key, so that handlers need not look.
/// </summary>
/// <param name="Value">The bits.</param>
internal readonly record struct BlockMode(uint Value)
{
    /// <summary>Code size: 0 16-bit, 1 32-bit, 2 64-bit.</summary>
    public const uint CodeSizeMask = 3;

    /// <summary>CPL in bits 3:2.</summary>
    public const int CplShift = 2;

    /// <summary>CS, SS, DS or ES needs limit and type checks, or has a base (not flat).</summary>
    public const uint Segmented = 1 << 4;

    /// <summary>CR0.PE is 0.</summary>
    public const uint RealMode = 1 << 5;

    /// <summary>RFLAGS.VM is 1.</summary>
    public const uint Virtual8086 = 1 << 6;

    /// <summary>EFER.LMA is 1 (with a code size below 64: compatibility mode).</summary>
    public const uint LongMode = 1 << 7;

    /// <summary>CR0.TS is 1: x87, MMX, SSE and AVX raise #NM.</summary>
    public const uint TaskSwitched = 1 << 8;

    /// <summary>CR0.EM is 1: x87 raises #NM, MMX and SSE #UD.</summary>
    public const uint EmulateFpu = 1 << 9;

    /// <summary>CR0.MP is 1: WAIT obeys CR0.TS.</summary>
    public const uint MonitorFpu = 1 << 10;

    /// <summary>CR4.OSFXSR is 1: SSE is enabled.</summary>
    public const uint SseEnabled = 1 << 11;

    /// <summary>CR4.OSXSAVE is 1 and XCR0 has SSE and AVX: AVX is enabled.</summary>
    public const uint AvxEnabled = 1 << 12;

    /// <summary>One instruction a block: RFLAGS.TF or breakpoints are armed.</summary>
    public const uint SingleStep = 1 << 13;

    /// <summary>The processor is in guest mode, and sensitive instructions may be intercepted.</summary>
    public const uint GuestMode = 1 << 14;

    /// <summary>CR4.OSXSAVE is 1: XGETBV, XSETBV, XSAVE and XRSTOR exist.</summary>
    public const uint OsXsave = 1 << 15;

    /// <summary>MXCSR lets a SIMD floating-point exception through: translated code must not meet one.</summary>
    public const uint SimdUnmasked = 1 << 16;

    /// <summary>As <see cref="SimdUnmasked"/>, for the x87 control word.</summary>
    public const uint X87Unmasked = 1 << 17;

    /// <summary>
    /// FS needs limit and type checks, although the others do not: in 32-bit programs of 64-bit systems it is null. Its base may be
    /// anything.
    /// </summary>
    public const uint FsSegmented = 1 << 18;

    /// <summary>As <see cref="FsSegmented"/>, for GS.</summary>
    public const uint GsSegmented = 1 << 19;

    /// <summary>Size of the code: 16, 32 or 64.</summary>
    public int Bitness => 16 << (int)(Value & CodeSizeMask);

    /// <summary>Privilege level.</summary>
    public int Cpl => (int)(Value >> CplShift) & 3;

    /// <summary>Whether all of the bits are set.</summary>
    public bool Has(uint bits) => (Value & bits) == bits;

    /// <summary>
    /// Whether accesses of an instruction are to be checked against a segment's limit and type, by its prefix (none if it has no other
    /// segment). Those through CS are: outside 64-bit code nothing can be written there.
    /// </summary>
    public bool Checks(Register prefix) => Bitness != 64 && prefix switch
    {
        _ when Has(Segmented) => true,
        Register.CS => true,
        Register.FS => Has(FsSegmented),
        Register.GS => Has(GsSegmented),
        _ => false,
    };
}
