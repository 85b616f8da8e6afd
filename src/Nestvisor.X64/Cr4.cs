namespace Nestvisor.X64;

/// <summary>Bits of CR4 (AMD APM vol. 2 §3.1.3, Intel SDM vol. 3 §2.5).</summary>
public static class Cr4
{
    /// <summary>Virtual-8086 mode extensions.</summary>
    public const ulong VME = 1UL << 0;

    /// <summary>Protected-mode virtual interrupts.</summary>
    public const ulong PVI = 1UL << 1;

    /// <summary>RDTSC and RDTSCP only at CPL 0.</summary>
    public const ulong TSD = 1UL << 2;

    /// <summary>Debugging extensions: DR4 and DR5 are #UD, I/O breakpoints exist.</summary>
    public const ulong DE = 1UL << 3;

    /// <summary>4 MiB pages in 32-bit paging.</summary>
    public const ulong PSE = 1UL << 4;

    /// <summary>Physical-address extension.</summary>
    public const ulong PAE = 1UL << 5;

    /// <summary>Machine-check exception.</summary>
    public const ulong MCE = 1UL << 6;

    /// <summary>Global pages.</summary>
    public const ulong PGE = 1UL << 7;

    /// <summary>RDPMC at every CPL.</summary>
    public const ulong PCE = 1UL << 8;

    /// <summary>SSE and FXSAVE are in use.</summary>
    public const ulong OSFXSR = 1UL << 9;

    /// <summary>Unmasked SIMD exceptions are #XM.</summary>
    public const ulong OSXMMEXCPT = 1UL << 10;

    /// <summary>SGDT, SIDT, SLDT, SMSW and STR only at CPL 0.</summary>
    public const ulong UMIP = 1UL << 11;

    /// <summary>5-level paging.</summary>
    public const ulong LA57 = 1UL << 12;

    /// <summary>VMX.</summary>
    public const ulong VMXE = 1UL << 13;

    /// <summary>SMX.</summary>
    public const ulong SMXE = 1UL << 14;

    /// <summary>RDFSBASE and kin at every CPL.</summary>
    public const ulong FSGSBASE = 1UL << 16;

    /// <summary>Process-context identifiers.</summary>
    public const ulong PCIDE = 1UL << 17;

    /// <summary>XSAVE and XGETBV are in use.</summary>
    public const ulong OSXSAVE = 1UL << 18;

    /// <summary>No supervisor execution of user pages.</summary>
    public const ulong SMEP = 1UL << 20;

    /// <summary>No supervisor access to user pages unless AC is set.</summary>
    public const ulong SMAP = 1UL << 21;

    /// <summary>Protection keys of user pages.</summary>
    public const ulong PKE = 1UL << 22;

    /// <summary>Control-flow enforcement.</summary>
    public const ulong CET = 1UL << 23;

    /// <summary>Protection keys of supervisor pages.</summary>
    public const ulong PKS = 1UL << 24;
}
