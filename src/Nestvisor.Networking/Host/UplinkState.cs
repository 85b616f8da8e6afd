using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Networking.Host;

/// <summary>What an interface was before it became the uplink of a switch, so that it can be that again.</summary>
public sealed record UplinkState
{
    /// <summary>The interface's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its addresses, but for those that the kernel, IPv6 routers and DHCP servers make.</summary>
    public IReadOnlyList<KernelAddress> Addresses { get; set; } = [];

    /// <summary>Its IPv4 addresses that are a DHCP server's leases.</summary>
    public IReadOnlyList<KernelAddress> Leases { get; set; } = [];

    /// <summary>The program that configures it; null if none of those that are known does.</summary>
    public UplinkManagement? Management { get; init; }

    /// <summary>Its routes, but for those that the kernel and IPv6 routers make.</summary>
    public IReadOnlyList<KernelRoute> Routes { get; set; } = [];

    /// <summary>Its IPv6 routes likewise.</summary>
    public IReadOnlyList<KernelRoute> Routes6 { get; set; } = [];

    /// <summary>Whether it had no IPv6 (<c>disable_ipv6</c>); null if the kernel has none.</summary>
    public string? DisableIPv6 { get; set; }

    /// <summary>Whether it was switched on.</summary>
    public bool WasUp { get; set; }
}
