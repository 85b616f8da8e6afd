using Nestvisor.Api.Errors;

namespace Nestvisor.Management.HostAdapters;

/// <summary>Reads hardware addresses as users of Windows write them.</summary>
internal static class MacAddressText
{
    private const int Digits = 12;

    /// <summary>The address as ip(8) takes it.</summary>
    /// <param name="text">Twelve hexadecimal digits, with hyphens, colons or nothing between the bytes.</param>
    /// <exception cref="ApiException">It is none, or one of a group.</exception>
    public static string Read(string text)
    {
        string digits = text.Replace("-", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        if (digits.Length != Digits || !digits.All(char.IsAsciiHexDigit))
        {
            throw ApiException.InvalidArgument($"'{text}' is not a hardware address such as 00-15-5D-01-02-03.");
        }

        // The lowest bit of the first byte marks groups (IEEE 802-2014 §8.2.2).
        return (System.Convert.ToByte(digits[..2], 16) & 1) == 0 && digits != "000000000000"
            ? string.Join(':', digits.Chunk(2).Select(pair => new string(pair)))
            : throw ApiException.InvalidArgument($"'{text}' is not the hardware address of one adapter.");
    }
}
