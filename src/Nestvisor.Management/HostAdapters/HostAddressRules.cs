using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>What an address and a gateway of this host can be.</summary>
internal static class HostAddressRules
{
    /// <summary>What the host has, with the names for people of its interfaces.</summary>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public static async Task<IReadOnlyList<KernelAddresses>> PresentAsync(HostKernel kernel, CancellationToken cancellation)
    {
        Dictionary<int, string> names = [];
        foreach (KernelLink link in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
        {
            names[link.Index] = link.Alias ?? link.Name;
        }

        IReadOnlyList<KernelAddresses> present = await kernel.Addresses.ListAsync(cancellation).ConfigureAwait(false);
        return [.. present.Select(entry => entry with { Name = names.GetValueOrDefault(entry.Index, entry.Name) })];
    }

    /// <summary>Checks a new address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="prefixLength">Length of its prefix.</param>
    /// <param name="present">What the host has, from <see cref="PresentAsync"/>.</param>
    /// <returns>The address.</returns>
    /// <exception cref="ApiException">It cannot be.</exception>
    public static IPAddress Check(string text, int prefixLength, IReadOnlyList<KernelAddresses> present)
    {
        IPAddress address = Parse(text);
        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (prefixLength < 1 || prefixLength > bits)
        {
            throw ApiException.InvalidArgument($"The prefix length {prefixLength} of {address} is not between 1 and {bits}.");
        }

        if (IsNoHost(address, prefixLength))
        {
            throw ApiException.InvalidArgument($"{address}/{prefixLength} is not an address of one host.");
        }

        return OwnerOf(address, present) is not { } owner
            ? address
            : throw ApiException.InvalidArgument($"Instance MSFT_NetIPAddress already exists: {address} is an address of '{owner}'.");
    }

    /// <summary>Checks the gateway of a default route that comes with a new address.</summary>
    /// <param name="text">The gateway.</param>
    /// <param name="address">The new address.</param>
    /// <param name="prefixLength">Length of its prefix.</param>
    /// <param name="device">The interface that gets it.</param>
    /// <param name="present">What the host has, from <see cref="PresentAsync"/>.</param>
    /// <param name="routes">The main table's routes of the family.</param>
    /// <returns>The gateway.</returns>
    /// <exception cref="ApiException">It cannot be.</exception>
    public static IPAddress CheckGateway(
        string text, IPAddress address, int prefixLength, string device, IReadOnlyList<KernelAddresses> present, IReadOnlyList<KernelRoute> routes)
    {
        IPAddress gateway = Parse(text);
        if (gateway.AddressFamily != address.AddressFamily)
        {
            throw ApiException.InvalidArgument($"The default gateway {gateway} is not of the family of {address}.");
        }

        if (gateway.Equals(address) || OwnerOf(gateway, present) is not null)
        {
            throw ApiException.InvalidArgument(
                $"The default gateway {gateway} is an address of this host itself{(gateway.Equals(address) ? "" : $", of '{OwnerOf(gateway, present)}'")}. "
                + "It has to be that of a neighbour; give an address with this gateway in the virtual machine behind it.");
        }

        if (!gateway.IsIPv6LinkLocal && !Network(address, prefixLength).Contains(gateway))
        {
            throw ApiException.InvalidArgument($"The default gateway {gateway} is not in {Network(address, prefixLength)}, so {address} cannot reach it.");
        }

        return routes.Any(route => route.Destination == "default" && route.Device == device)
            ? throw ApiException.InvalidArgument($"Instance DefaultGateway already exists: '{device}' has a default route. Remove it first: Remove-NetRoute")
            : gateway;
    }

    /// <summary>An address that a caller has written.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static IPAddress Parse(string text) => IPAddress.TryParse(text, out IPAddress? address)
        ? address
        : throw ApiException.InvalidArgument($"'{text}' is not an IP address.");

    /// <summary>The network of an address.</summary>
    public static IPNetwork Network(IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(prefixLength - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }

    private static string? OwnerOf(IPAddress address, IReadOnlyList<KernelAddresses> present) =>
        present.FirstOrDefault(entry => entry.Addresses.Any(own => IPAddress.TryParse(own.Local, out IPAddress? parsed) && parsed.Equals(address))) is { } owner
            ? owner.Name
            : null;

    private static bool IsNoHost(IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address);
        }

        // 0/8, 127/8, and from 224/4 on; in a prefix with more than two addresses its first and its last (RFC 1122 §3.2.1.3, RFC 3021).
        uint number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        uint rest = prefixLength >= 31 ? 0 : uint.MaxValue >> prefixLength;
        return bytes[0] is 0 or 127 or >= 224 || (rest != 0 && ((number & rest) == 0 || (number & rest) == rest));
    }
}
