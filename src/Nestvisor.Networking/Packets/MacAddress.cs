using System.Buffers.Binary;
using System.Globalization;

namespace Nestvisor.Networking.Packets;

/// <summary>An Ethernet address, EUI-48.</summary>
public readonly record struct MacAddress : IComparable<MacAddress>
{
    /// <summary>Bytes of an address.</summary>
    public const int Length = 6;

    private const int Digits = 2 * Length;
    private readonly ulong _value;

    private MacAddress(ulong value) => _value = value;

    /// <summary>Whether it stands for a group of adapters, all of them (broadcast) among these.</summary>
    public bool IsMulticast => (_value & 0x0100_0000_0000) != 0;

    /// <summary>Whether all bits are zero, which is nobody's address.</summary>
    public bool IsZero => _value == 0;

    /// <summary>Whether one adapter can have it.</summary>
    public bool IsUnicast => !IsMulticast && !IsZero;

    /// <summary>The address that is one greater.</summary>
    public MacAddress Next => new(_value + 1);

    /// <summary>Whether one address is less than another.</summary>
    public static bool operator <(MacAddress left, MacAddress right) => left._value < right._value;

    /// <summary>Whether one address is greater than another.</summary>
    public static bool operator >(MacAddress left, MacAddress right) => left._value > right._value;

    /// <summary>Whether one address is not greater than another.</summary>
    public static bool operator <=(MacAddress left, MacAddress right) => left._value <= right._value;

    /// <summary>Whether one address is not less than another.</summary>
    public static bool operator >=(MacAddress left, MacAddress right) => left._value >= right._value;

    /// <summary>Reads an address in the order of the wire.</summary>
    /// <param name="bytes">At least 6 bytes.</param>
    /// <returns>The address.</returns>
    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    /// <summary>Reads 12 hexadecimal digits, by themselves or in pairs between colons or hyphens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">Receives the address.</param>
    /// <returns>False if it is not one.</returns>
    public static bool TryParse(string? text, out MacAddress address)
    {
        address = default;
        string digits = text ?? "";
        if (digits.Length == Digits + Length - 1)
        {
            char separator = digits[2];
            for (int i = 2; i < digits.Length; i += 3)
            {
                if (digits[i] != separator || separator is not (':' or '-'))
                {
                    return false;
                }
            }

            digits = string.Concat(digits.Split(separator));
        }

        if (digits.Length != Digits || !ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value))
        {
            return false;
        }

        address = new MacAddress(value);
        return true;
    }

    /// <summary>Writes the address in the order of the wire.</summary>
    /// <param name="target">At least 6 bytes.</param>
    public void CopyTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)(_value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(target[2..], (uint)_value);
    }

    /// <inheritdoc/>
    public int CompareTo(MacAddress other) => _value.CompareTo(other._value);

    /// <summary>The address as Hyper-V writes it, such as <c>00155D010203</c>.</summary>
    /// <returns>The 12 digits.</returns>
    public string ToDigits() => _value.ToString("X12", CultureInfo.InvariantCulture);

    /// <summary>The address as the kernel writes it, such as <c>00:15:5d:01:02:03</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string digits = _value.ToString("x12", CultureInfo.InvariantCulture);
        return string.Join(':', digits.Chunk(2).Select(pair => new string(pair)));
    }
}
