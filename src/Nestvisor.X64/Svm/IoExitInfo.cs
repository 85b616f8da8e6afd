namespace Nestvisor.X64.Svm;

/// <summary>EXITINFO1 of an intercepted port access (AMD APM vol. 2 §15.10.2).</summary>
public static class IoExitInfo
{
    /// <summary>TYPE: IN rather than OUT.</summary>
    public const ulong In = 1UL << 0;

    /// <summary>STR: INS or OUTS.</summary>
    public const ulong String = 1UL << 2;

    /// <summary>REP prefix.</summary>
    public const ulong Rep = 1UL << 3;

    /// <summary>SZ8: 1 byte.</summary>
    public const ulong Size8 = 1UL << 4;

    /// <summary>SZ16: 2 bytes.</summary>
    public const ulong Size16 = 1UL << 5;

    /// <summary>SZ32: 4 bytes.</summary>
    public const ulong Size32 = 1UL << 6;

    /// <summary>A16: 16-bit address.</summary>
    public const ulong Address16 = 1UL << 7;

    /// <summary>A32: 32-bit address.</summary>
    public const ulong Address32 = 1UL << 8;

    /// <summary>A64: 64-bit address.</summary>
    public const ulong Address64 = 1UL << 9;

    /// <summary>Position of SEG, 3 bits: the segment register of a string access.</summary>
    public const int SegmentShift = 10;

    /// <summary>Position of PORT, 16 bits.</summary>
    public const int PortShift = 16;
}
