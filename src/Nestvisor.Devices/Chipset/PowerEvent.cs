namespace Nestvisor.Devices.Chipset;

/// <summary>What the guest asks of the board's power control.</summary>
public enum PowerEvent
{
    /// <summary>Soft-off, ACPI sleep state S5.</summary>
    PowerOff,

    /// <summary>A reset of the whole machine.</summary>
    Reset,
}
