namespace Nestvisor.NetworkCommands;

/// <summary>IPv4 or IPv6, with the numbers of Windows.</summary>
public enum AddressFamily
{
    /// <summary>IPv4.</summary>
    IPv4 = 2,

    /// <summary>IPv6.</summary>
    IPv6 = 23,
}
