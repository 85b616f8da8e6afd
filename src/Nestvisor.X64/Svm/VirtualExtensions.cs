namespace Nestvisor.X64.Svm;

/// <summary>Bits of the VMCB's field at 0B8h (AMD APM vol. 2 appendix B).</summary>
public static class VirtualExtensions
{
    /// <summary>LBR_VIRTUALIZATION_ENABLE.</summary>
    public const ulong Lbr = 1;

    /// <summary>VMLOAD and VMSAVE take guest-physical addresses and do not exit (§15.33.1).</summary>
    public const ulong VmsaveVmload = 1 << 1;
}
