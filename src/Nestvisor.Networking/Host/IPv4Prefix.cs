using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nestvisor.Networking.Host;

/// <summary>A prefix of IPv4 addresses, such as 192.168.100.0/24.</summary>
public readonly record struct IPv4Prefix
{
    private const int Bits = 32;
    private readonly uint _first;

    /// <summary>The prefix that an address is in.</summary>
    /// <param name="address">An IPv4 address.</param>
    /// <param name="length">0 to 32.</param>
    public IPv4Prefix(IPAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Bits);
        Length = length;
        _first = Number(address) & Mask(length);
    }

    /// <summary>How many bits its addresses have in common.</summary>
    public int Length { get; }

    /// <summary>Its first address, that of the network.</summary>
    public IPAddress First => Address(_first);

    /// <summary>Its last address, that of broadcasts.</summary>
    public IPAddress Last => Address(_first | ~Mask(Length));

    /// <summary>Reads a prefix, or an address as the prefix of itself.</summary>
    /// <param name="text">The text.</param>
    /// <param name="prefix">Receives the prefix.</param>
    /// <returns>False if it is not one.</returns>
    public static bool TryParse(string text, out IPv4Prefix prefix)
    {
        prefix = default;
        string[] parts = text.Split('/');
        int length = Bits;
        if (parts.Length > 2
            || !TryParseAddress(parts[0], out IPAddress? address)
            || (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > Bits)))
        {
            return false;
        }

        prefix = new IPv4Prefix(address!, length);
        return true;
    }

    /// <summary>Reads an IPv4 address of four numbers; the short forms that IPAddress knows are none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">Receives the address.</param>
    /// <returns>False if it is not one.</returns>
    public static bool TryParseAddress(string text, out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text;

    /// <summary>Whether an address is in it.</summary>
    /// <param name="address">An IPv4 address.</param>
    /// <returns>True if so.</returns>
    public bool Contains(IPAddress address) => (Number(address) & Mask(Length)) == _first;

    /// <summary>Whether it has an address in common with another.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True if so.</returns>
    public bool Overlaps(IPv4Prefix other) => ((_first ^ other._first) & Mask(Math.Min(Length, other.Length))) == 0;

    /// <summary>An address of it.</summary>
    /// <param name="number">Its place after the first.</param>
    /// <returns>The address.</returns>
    public IPAddress AddressAt(uint number) => Address(_first + number);

    /// <summary>The address of the network and the length.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}/{Length}");

    private static uint Mask(int length) => length == 0 ? 0 : uint.MaxValue << (Bits - length);

    private static uint Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out int count) && count == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : throw new ArgumentException($"'{address}' is not an IPv4 address.", nameof(address));
    }

    private static IPAddress Address(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
