namespace Nestvisor.X64;

/// <summary>Bits of CR0 (AMD APM vol. 2 §3.1.1, Intel SDM vol. 3 §2.5).</summary>
public static class Cr0
{
    /// <summary>Protection enabled.</summary>
    public const ulong PE = 1UL << 0;

    /// <summary>Monitor coprocessor.</summary>
    public const ulong MP = 1UL << 1;

    /// <summary>Emulation: no x87.</summary>
    public const ulong EM = 1UL << 2;

    /// <summary>Task switched.</summary>
    public const ulong TS = 1UL << 3;

    /// <summary>Extension type; always 1.</summary>
    public const ulong ET = 1UL << 4;

    /// <summary>Numeric error: x87 errors are #MF.</summary>
    public const ulong NE = 1UL << 5;

    /// <summary>Write protect for supervisor writes.</summary>
    public const ulong WP = 1UL << 16;

    /// <summary>Alignment mask.</summary>
    public const ulong AM = 1UL << 18;

    /// <summary>Not write-through.</summary>
    public const ulong NW = 1UL << 29;

    /// <summary>Cache disable.</summary>
    public const ulong CD = 1UL << 30;

    /// <summary>Paging.</summary>
    public const ulong PG = 1UL << 31;

    /// <summary>All bits that are not reserved.</summary>
    public const ulong Defined = PE | MP | EM | TS | ET | NE | WP | AM | NW | CD | PG;
}
