namespace Nestvisor.X64;

/// <summary>Error code of #PF (AMD APM vol. 2 §8.4.2) and low half of EXITINFO1 of #NPF.</summary>
public static class PageFaultError
{
    /// <summary>The entry was present: a protection violation.</summary>
    public const ulong P = 1UL << 0;

    /// <summary>The access was a write.</summary>
    public const ulong RW = 1UL << 1;

    /// <summary>The access was a user access.</summary>
    public const ulong US = 1UL << 2;

    /// <summary>A reserved bit was set in a present entry.</summary>
    public const ulong RSV = 1UL << 3;

    /// <summary>The access was an instruction fetch.</summary>
    public const ulong ID = 1UL << 4;

    /// <summary>A protection key forbade it.</summary>
    public const ulong PK = 1UL << 5;

    /// <summary>Shadow-stack access.</summary>
    public const ulong SS = 1UL << 6;

    /// <summary>#NPF only: the fault was on the final guest-physical address.</summary>
    public const ulong NestedFinal = 1UL << 32;

    /// <summary>#NPF only: the fault was on a guest page-table access.</summary>
    public const ulong NestedTable = 1UL << 33;
}
