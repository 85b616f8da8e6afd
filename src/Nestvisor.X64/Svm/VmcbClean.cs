namespace Nestvisor.X64.Svm;

/// <summary>VMCB clean bits (AMD APM vol. 2 §15.15.3): a set bit says that the fields are as at the last #VMEXIT.</summary>
public static class VmcbClean
{
    /// <summary>Intercepts, TSC offset, PAUSE filter.</summary>
    public const uint I = 1u << 0;

    /// <summary>Permission maps.</summary>
    public const uint Iopm = 1u << 1;

    /// <summary>ASID.</summary>
    public const uint Asid = 1u << 2;

    /// <summary>Virtual interrupts.</summary>
    public const uint Tpr = 1u << 3;

    /// <summary>Nested paging.</summary>
    public const uint Np = 1u << 4;

    /// <summary>CR0, CR3, CR4, EFER.</summary>
    public const uint CrX = 1u << 5;

    /// <summary>DR6, DR7.</summary>
    public const uint DrX = 1u << 6;

    /// <summary>GDTR, IDTR.</summary>
    public const uint Dt = 1u << 7;

    /// <summary>CS, DS, SS, ES, CPL.</summary>
    public const uint Seg = 1u << 8;

    /// <summary>CR2.</summary>
    public const uint Cr2 = 1u << 9;

    /// <summary>DebugCtl and last branches.</summary>
    public const uint Lbr = 1u << 10;

    /// <summary>AVIC.</summary>
    public const uint Avic = 1u << 11;

    /// <summary>CET.</summary>
    public const uint Cet = 1u << 12;
}
