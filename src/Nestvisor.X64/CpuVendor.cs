namespace Nestvisor.X64;

/// <summary>Who makes the processor that a profile describes.</summary>
public enum CpuVendor
{
    /// <summary>AuthenticAMD.</summary>
    Amd,

    /// <summary>GenuineIntel.</summary>
    Intel,
}
