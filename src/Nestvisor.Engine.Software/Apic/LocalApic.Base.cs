namespace Nestvisor.Engine.Software.Apic;

/// <content>IA32_APIC_BASE (Intel SDM vol. 3 §11.4.3, §11.4.4, §11.12.5; AMD APM vol. 2 §16.3.1, §16.9).</content>
internal sealed partial class LocalApic
{
    /// <summary>Where the register page is after reset.</summary>
    public const ulong DefaultBase = 0xFEE0_0000;

    private const ulong BaseBootstrap = 1 << 8;
    private const ulong BaseExtended = 1 << 10;
    private const ulong BaseEnable = 1 << 11;
    private const ulong BaseFlags = 0xFFF;

    private ulong _base;
    private int _mode;

    /// <summary>What IA32_APIC_BASE makes of the APIC. While it is disabled, CPUID 1 EDX bit 9 reads as 0.</summary>
    public ApicMode Mode => (ApicMode)Volatile.Read(ref _mode);

    /// <summary>IA32_APIC_BASE.</summary>
    public ulong Base => _base;

    /// <summary>Whether an address falls into the register page. Never in x2APIC mode or when disabled.</summary>
    /// <param name="address">Guest-physical address.</param>
    public bool Claims(ulong address) => Mode == ApicMode.XApic && (address & ~BaseFlags) == (_base & ~BaseFlags);

    private uint X2ApicLogicalId => ((Id >> 4) << 16) | (1u << (int)(Id & 0xF));

    private bool TryWriteBase(ulong value)
    {
        ulong reserved = (ulong.MaxValue << _features.PhysicalAddressBits)
            | (BaseFlags & ~(BaseBootstrap | BaseEnable | (_features.X2Apic ? BaseExtended : 0)));
        if ((value & reserved) != 0 || ModeOf(value) is not { } mode)
        {
            return false;
        }

        // x2APIC mode is entered from xAPIC mode and left by disabling (§11.12.5, figure 11-27).
        if ((mode == ApicMode.X2Apic && Mode == ApicMode.Disabled) || (mode == ApicMode.XApic && Mode == ApicMode.X2Apic))
        {
            return false;
        }

        ApicMode old = Mode;
        SetBase(value);
        if (old != mode && (old == ApicMode.Disabled || mode == ApicMode.Disabled))
        {
            Init();
        }
        else if (old != mode)
        {
            // What else the APIC holds survives the step to x2APIC mode; only the logical id is derived anew (§11.12.10.2).
            Volatile.Write(ref _logicalDestination, X2ApicLogicalId);
        }

        return true;
    }

    private static ApicMode? ModeOf(ulong value) => (value & (BaseEnable | BaseExtended)) switch
    {
        0 => ApicMode.Disabled,
        BaseEnable => ApicMode.XApic,
        BaseEnable | BaseExtended => ApicMode.X2Apic,
        _ => null,
    };

    // The bootstrap flag is the hardware's choice; writes do not change it.
    private void SetBase(ulong value)
    {
        _base = (value & ~BaseBootstrap) | (_bootstrap ? BaseBootstrap : 0);
        Volatile.Write(ref _mode, (int)(ModeOf(value) ?? ApicMode.Disabled));
    }
}
