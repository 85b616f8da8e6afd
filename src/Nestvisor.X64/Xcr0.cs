namespace Nestvisor.X64;

/// <summary>State components in XCR0 (AMD APM vol. 2 §11.5.2).</summary>
public static class Xcr0
{
    /// <summary>x87 state; always 1.</summary>
    public const ulong X87 = 1UL << 0;

    /// <summary>XMM registers and MXCSR.</summary>
    public const ulong SSE = 1UL << 1;

    /// <summary>Upper halves of the YMM registers.</summary>
    public const ulong AVX = 1UL << 2;

    /// <summary>Protection-key rights.</summary>
    public const ulong PKRU = 1UL << 9;
}
