namespace Nestvisor.X64;

/// <summary>Bits of EFER (AMD APM vol. 2 §3.1.7).</summary>
public static class Efer
{
    /// <summary>SYSCALL and SYSRET.</summary>
    public const ulong SCE = 1UL << 0;

    /// <summary>Long mode enable.</summary>
    public const ulong LME = 1UL << 8;

    /// <summary>Long mode active.</summary>
    public const ulong LMA = 1UL << 10;

    /// <summary>No-execute pages.</summary>
    public const ulong NXE = 1UL << 11;

    /// <summary>Secure virtual machine.</summary>
    public const ulong SVME = 1UL << 12;

    /// <summary>Segment limits in long mode.</summary>
    public const ulong LMSLE = 1UL << 13;

    /// <summary>Fast FXSAVE and FXRSTOR.</summary>
    public const ulong FFXSR = 1UL << 14;

    /// <summary>Translation cache extension.</summary>
    public const ulong TCE = 1UL << 15;

    /// <summary>MCOMMIT.</summary>
    public const ulong MCOMMIT = 1UL << 17;

    /// <summary>Interruptible WBINVD.</summary>
    public const ulong INTWB = 1UL << 18;

    /// <summary>Upper address ignore.</summary>
    public const ulong UAIE = 1UL << 20;

    /// <summary>Automatic IBRS.</summary>
    public const ulong AIBRSE = 1UL << 21;
}
