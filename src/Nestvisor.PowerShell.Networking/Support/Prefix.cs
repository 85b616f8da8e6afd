using System.Globalization;
using System.Net;
using Nestvisor.Api.Errors;

namespace Nestvisor.NetworkCommands;

/// <summary>Reads addresses and prefixes that users write.</summary>
internal static class Prefix
{
    /// <summary>The family of an address or a prefix that the service has written.</summary>
    public static AddressFamily FamilyOf(string text) => text.Contains(':', StringComparison.Ordinal) ? AddressFamily.IPv6 : AddressFamily.IPv4;

    /// <summary>An address that a user has written.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parameter">The parameter that it is of.</param>
    /// <exception cref="ApiException">It is none.</exception>
    public static IPAddress Address(string text, string parameter)
    {
        // IPAddress.Parse takes numbers and short forms of IPv4 such as '1' and '10.1', which nobody means here.
        string trimmed = text.Trim();
        if (IsPlaceholder(trimmed))
        {
            throw ApiException.InvalidArgument($"{parameter}: '{trimmed}' is a placeholder. Put an address in its place.");
        }

        if (!IPAddress.TryParse(trimmed, out IPAddress? address)
            || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && trimmed.Count(character => character == '.') != 3))
        {
            throw ApiException.InvalidArgument($"{parameter}: '{trimmed}' is not an IP address.");
        }

        return address;
    }

    /// <summary>A prefix that a user has written, in its usual form.</summary>
    /// <param name="text">The text, such as <c>10.0.0.0/8</c>.</param>
    /// <param name="parameter">The parameter that it is of.</param>
    /// <exception cref="ApiException">It is none, or has bits set after its length.</exception>
    public static string Network(string text, string parameter)
    {
        string[] parts = text.Trim().Split('/');
        if (IsPlaceholder(text.Trim()))
        {
            throw ApiException.InvalidArgument($"{parameter}: '{text.Trim()}' is a placeholder. Put a prefix such as 192.168.100.0/24 in its place.");
        }

        if (parts.Length != 2
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            || length > Bits(Address(parts[0], parameter)))
        {
            throw ApiException.InvalidArgument($"{parameter}: '{text}' is not a prefix such as 192.168.100.0/24.");
        }

        IPAddress address = Address(parts[0], parameter);
        return IPNetwork.TryParse($"{address}/{length}", out IPNetwork network) && network.BaseAddress.Equals(address)
            ? network.ToString()
            : throw ApiException.InvalidArgument($"{parameter}: '{text}' has bits set after the first {length}.");
    }

    /// <summary>Whether an address is in the network of another one.</summary>
    /// <param name="address">The address.</param>
    /// <param name="other">The other one.</param>
    /// <param name="length">Length of the other one's prefix.</param>
    public static bool IsNeighbour(IPAddress address, IPAddress other, int length)
    {
        byte[] one = address.GetAddressBytes();
        byte[] two = other.GetAddressBytes();
        return one.Length == two.Length
            && Enumerable.Range(0, length).All(bit => ((one[bit / 8] ^ two[bit / 8]) & (0x80 >> (bit % 8))) == 0);
    }

    /// <summary>The number of bits of an address.</summary>
    public static int Bits(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>Whether a text is what a document puts where the reader's own value goes.</summary>
    public static bool IsPlaceholder(string text) => text.StartsWith('<') && text.EndsWith('>');
}
