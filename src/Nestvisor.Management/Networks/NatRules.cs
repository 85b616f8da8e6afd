using System.Net;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>What a NAT and its static mappings may be.</summary>
internal static class NatRules
{
    private const int LongestName = 256;
    private const int ShortestPrefix = 8;
    private const int LongestPrefix = 30;
    private const int LastPort = 65535;

    /// <summary>Checks a new NAT against the others; whether the host uses its prefix is not looked at.</summary>
    /// <returns>Its prefix.</returns>
    /// <exception cref="ApiException">It breaks a rule.</exception>
    public static IPv4Prefix CheckNew(CreateNatRequest request, NetworkConfiguration networks)
    {
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > LongestName || request.Name.Any(char.IsControl))
        {
            throw ApiException.InvalidArgument($"A NAT's name has 1 to {LongestName} characters, not only blanks and no control characters.");
        }

        if (networks.Nats.Any(nat => string.Equals(nat.Name, request.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw ApiException.InvalidArgument($"There is a NAT '{request.Name}' already. Names of NATs are compared without case; choose another.");
        }

        if (!request.InternalPrefix.Contains('/', StringComparison.Ordinal)
            || !IPv4Prefix.TryParse(request.InternalPrefix, out IPv4Prefix prefix)
            || prefix.Length is < ShortestPrefix or > LongestPrefix)
        {
            throw ApiException.InvalidArgument(
                $"The internal prefix '{request.InternalPrefix}' is not one of IPv4 addresses with a length of {ShortestPrefix} to {LongestPrefix}, such as 192.168.100.0/24.");
        }

        return networks.Nats.FirstOrDefault(nat => Parse(nat.InternalPrefix).Overlaps(prefix)) is { } other
            ? throw ApiException.InvalidArgument($"The internal prefix {prefix} has addresses of the NAT '{other.Name}' ({other.InternalPrefix}).")
            : prefix;
    }

    /// <summary>Checks a new static mapping.</summary>
    /// <returns>The mapping with addresses in their usual form.</returns>
    /// <exception cref="ApiException">It breaks a rule.</exception>
    public static NatStaticMapping CheckMapping(NatStaticMapping mapping, NatConfiguration nat, NetworkConfiguration networks)
    {
        if (!IPv4Prefix.TryParseAddress(mapping.InternalIPAddress, out IPAddress? inside) || !Parse(nat.InternalPrefix).Contains(inside!))
        {
            throw ApiException.InvalidArgument($"The internal address '{mapping.InternalIPAddress}' is not an IPv4 address in the prefix {nat.InternalPrefix} of the NAT '{nat.Name}'.");
        }

        // Windows' page writes it with a length.
        string external = mapping.ExternalIPAddress.Split('/')[0];
        if (!IPv4Prefix.TryParse(mapping.ExternalIPAddress, out _) || !IPv4Prefix.TryParseAddress(external, out _))
        {
            throw ApiException.InvalidArgument($"The external address '{mapping.ExternalIPAddress}' is not an IPv4 address of this host; 0.0.0.0 stands for all of them.");
        }

        if (!IPv4Prefix.TryParse(mapping.RemoteExternalIPAddressPrefix, out IPv4Prefix remote))
        {
            throw ApiException.InvalidArgument($"'{mapping.RemoteExternalIPAddressPrefix}' is not a prefix of IPv4 addresses, such as 0.0.0.0/0 for all.");
        }

        foreach (int port in (ReadOnlySpan<int>)[mapping.ExternalPort, mapping.InternalPort])
        {
            if (port is < 1 or > LastPort)
            {
                throw ApiException.InvalidArgument($"{port} is not a port; ports are 1 to {LastPort}.");
            }
        }

        foreach (NatConfiguration one in networks.Nats)
        {
            if (one.StaticMappings.FirstOrDefault(other => other.Protocol == mapping.Protocol && other.ExternalPort == mapping.ExternalPort && Overlap(other.ExternalIPAddress, external)) is { } taken)
            {
                throw ApiException.InUse(
                    $"The {(mapping.Protocol == NatProtocol.Udp ? "UDP" : "TCP")} port {mapping.ExternalPort} of {external} leads to {taken.InternalIPAddress} by the static mapping "
                    + $"{taken.Id} of the NAT '{one.Name}' already. Choose another external port, or remove that mapping: Remove-NetNatStaticMapping -StaticMappingID {taken.Id}");
            }
        }

        return mapping with { Id = networks.LastMapping + 1, ExternalIPAddress = external, RemoteExternalIPAddressPrefix = remote.ToString() };
    }

    /// <summary>Checks time-outs.</summary>
    /// <exception cref="ApiException">One is not positive.</exception>
    public static void CheckTimeouts(NatTimeouts timeouts)
    {
        foreach (int? seconds in (ReadOnlySpan<int?>)[timeouts.TcpEstablished, timeouts.TcpTransient, timeouts.UdpIdle])
        {
            if (seconds < 1)
            {
                throw ApiException.InvalidArgument($"{seconds} is not a time after which connections can be forgotten; it is at least 1 second.");
            }
        }
    }

    /// <summary>A prefix that has been checked.</summary>
    public static IPv4Prefix Parse(string prefix) =>
        IPv4Prefix.TryParse(prefix, out IPv4Prefix parsed) ? parsed : throw new FormatException($"'{prefix}' is not a prefix.");

    private static bool Overlap(string one, string other) => one == other || one == "0.0.0.0" || other == "0.0.0.0";
}
