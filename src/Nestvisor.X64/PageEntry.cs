namespace Nestvisor.X64;

/// <summary>Bits of a page-table entry with 8 bytes (AMD APM vol. 2 §5.3.3 and §5.4).</summary>
public static class PageEntry
{
    /// <summary>Present.</summary>
    public const ulong P = 1UL << 0;

    /// <summary>Writable.</summary>
    public const ulong RW = 1UL << 1;

    /// <summary>User.</summary>
    public const ulong US = 1UL << 2;

    /// <summary>Page-level write-through.</summary>
    public const ulong PWT = 1UL << 3;

    /// <summary>Page-level cache disable.</summary>
    public const ulong PCD = 1UL << 4;

    /// <summary>Accessed.</summary>
    public const ulong A = 1UL << 5;

    /// <summary>Dirty.</summary>
    public const ulong D = 1UL << 6;

    /// <summary>Page size, in upper levels.</summary>
    public const ulong PS = 1UL << 7;

    /// <summary>Page-attribute table, in the lowest level.</summary>
    public const ulong PAT = 1UL << 7;

    /// <summary>Global.</summary>
    public const ulong G = 1UL << 8;

    /// <summary>Page-attribute table, of a large page.</summary>
    public const ulong LargePAT = 1UL << 12;

    /// <summary>No execute.</summary>
    public const ulong NX = 1UL << 63;

    /// <summary>Bits 51:12, the physical address.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
}
