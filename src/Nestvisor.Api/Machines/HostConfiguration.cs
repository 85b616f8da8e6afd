namespace Nestvisor.Api.Machines;

/// <summary>All that is kept of the host's settings: the content of its configuration file.</summary>
/// <remarks>Of properties with a default value, see <see cref="MachineConfiguration"/>.</remarks>
public sealed record HostConfiguration
{
    /// <summary>Number of the file's format; this program reads and writes 1.</summary>
    public int Format { get; set; } = 1;

    /// <summary>Absolute path of the folder for virtual hard disks; null for the one in the state folder.</summary>
    public string? VirtualHardDiskPath { get; init; }

    /// <summary>First MAC address that the host gives, 12 hexadecimal digits; null until one is needed.</summary>
    public string? MacAddressMinimum { get; init; }

    /// <summary>Last MAC address that the host gives, 12 hexadecimal digits; null until one is needed.</summary>
    public string? MacAddressMaximum { get; init; }
}
