using System.Globalization;

namespace Nestvisor.Worker.Running;

/// <summary>Reads MAC addresses.</summary>
internal static class MacAddress
{
    private const int Length = 6;
    private const int Multicast = 1;

    /// <exception cref="ConfigurationException">The text is no address of one adapter.</exception>
    public static byte[] Parse(string text)
    {
        byte[] address = new byte[Length];
        string[] parts = text.Split(':', '-');
        bool valid = parts.Length == Length;
        for (int i = 0; valid && i < Length; i++)
        {
            valid = parts[i].Length == 2 && byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address[i]);
        }

        return valid && (address[0] & Multicast) == 0
            ? address
            : throw new ConfigurationException($"'{text}' is not the MAC address of a network adapter. Write it like 00:15:5d:01:02:03.");
    }
}
