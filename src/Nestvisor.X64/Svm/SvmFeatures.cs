namespace Nestvisor.X64.Svm;

/// <summary>Feature bits of CPUID 8000_000Ah EDX (AMD APM vol. 3 appendix E).</summary>
public static class SvmFeatures
{
    /// <summary>NP.</summary>
    public const uint NestedPaging = 1u << 0;

    /// <summary>LbrVirt.</summary>
    public const uint LbrVirtualization = 1u << 1;

    /// <summary>SVML.</summary>
    public const uint SvmLock = 1u << 2;

    /// <summary>NRIPS.</summary>
    public const uint NextRipSave = 1u << 3;

    /// <summary>TscRateMsr.</summary>
    public const uint TscRateMsr = 1u << 4;

    /// <summary>VmcbClean.</summary>
    public const uint VmcbClean = 1u << 5;

    /// <summary>FlushByAsid.</summary>
    public const uint FlushByAsid = 1u << 6;

    /// <summary>DecodeAssists.</summary>
    public const uint DecodeAssists = 1u << 7;

    /// <summary>PauseFilter.</summary>
    public const uint PauseFilter = 1u << 10;

    /// <summary>PauseFilterThreshold.</summary>
    public const uint PauseFilterThreshold = 1u << 12;

    /// <summary>AVIC.</summary>
    public const uint Avic = 1u << 13;

    /// <summary>VMSAVEvirt.</summary>
    public const uint VirtualVmsaveVmload = 1u << 15;

    /// <summary>VGIF.</summary>
    public const uint VirtualGif = 1u << 16;

    /// <summary>GMET.</summary>
    public const uint GuestModeExecuteTrap = 1u << 17;

    /// <summary>x2AVIC.</summary>
    public const uint X2Avic = 1u << 18;

    /// <summary>SSSCheck.</summary>
    public const uint SupervisorShadowStack = 1u << 19;

    /// <summary>SpecCtrl.</summary>
    public const uint SpecCtrlVirtualization = 1u << 20;

    /// <summary>HOST_MCE_OVERRIDE.</summary>
    public const uint HostMceOverride = 1u << 23;

    /// <summary>TlbiCtl.</summary>
    public const uint TlbiControl = 1u << 24;

    /// <summary>VNMI.</summary>
    public const uint VirtualNmi = 1u << 25;

    /// <summary>IbsVirt.</summary>
    public const uint IbsVirtualization = 1u << 26;
}
