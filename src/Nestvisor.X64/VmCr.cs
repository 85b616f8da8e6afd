namespace Nestvisor.X64;

/// <summary>Bits of the VM_CR MSR (AMD APM vol. 2 §15.30.1).</summary>
public static class VmCr
{
    /// <summary>Debug port disable.</summary>
    public const ulong DPD = 1UL << 0;

    /// <summary>INIT is redirected to #SX.</summary>
    public const ulong R_INIT = 1UL << 1;

    /// <summary>A20 masking is disabled.</summary>
    public const ulong DIS_A20M = 1UL << 2;

    /// <summary>LOCK and SVMDIS are read-only.</summary>
    public const ulong LOCK = 1UL << 3;

    /// <summary>EFER.SVME must be zero.</summary>
    public const ulong SVMDIS = 1UL << 4;
}
