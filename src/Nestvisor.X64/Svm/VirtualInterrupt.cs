namespace Nestvisor.X64.Svm;

/// <summary>Bits of the virtual-interrupt field, offset 060h (AMD APM vol. 2 table B-1).</summary>
public static class VirtualInterrupt
{
    /// <summary>V_TPR, the guest's TPR; CR8 is its low 4 bits.</summary>
    public const ulong TprMask = 0xFFUL;

    /// <summary>V_IRQ: a virtual interrupt is pending.</summary>
    public const ulong Irq = 1UL << 8;

    /// <summary>V_GIF: the virtual GIF.</summary>
    public const ulong Gif = 1UL << 9;

    /// <summary>V_NMI: a virtual NMI is pending.</summary>
    public const ulong Nmi = 1UL << 11;

    /// <summary>V_NMI_MASK: virtual NMIs are blocked.</summary>
    public const ulong NmiMask = 1UL << 12;

    /// <summary>Position of V_INTR_PRIO, 4 bits.</summary>
    public const int PriorityShift = 16;

    /// <summary>V_INTR_PRIO.</summary>
    public const ulong PriorityMask = 0xFUL << 16;

    /// <summary>V_IGN_TPR.</summary>
    public const ulong IgnoreTpr = 1UL << 20;

    /// <summary>V_INTR_MASKING: RFLAGS.IF of the host masks physical interrupts.</summary>
    public const ulong IntrMasking = 1UL << 24;

    /// <summary>V_GIF is in use.</summary>
    public const ulong GifEnable = 1UL << 25;

    /// <summary>V_NMI is in use.</summary>
    public const ulong NmiEnable = 1UL << 26;

    /// <summary>x2AVIC.</summary>
    public const ulong X2AvicEnable = 1UL << 30;

    /// <summary>AVIC.</summary>
    public const ulong AvicEnable = 1UL << 31;

    /// <summary>Position of V_INTR_VECTOR, 8 bits.</summary>
    public const int VectorShift = 32;

    /// <summary>V_INTR_VECTOR.</summary>
    public const ulong VectorMask = 0xFFUL << 32;
}
