using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Management.Networks;

/// <summary>The MAC addresses that a host gives to adapters: by default 256, with Microsoft's prefix and two numbers of the host's IPv4 address.</summary>
internal static class MacAddressRange
{
    private const byte MicrosoftFirst = 0x00;
    private const byte MicrosoftSecond = 0x15;
    private const byte MicrosoftThird = 0x5D;

    /// <summary>The range of a host that was given none.</summary>
    public static (MacAddress First, MacAddress Last) MakeDefault()
    {
        byte[] host = FindAddress()?.GetAddressBytes() ?? MakeRandom();
        MacAddress At(byte last) => MacAddress.Read([MicrosoftFirst, MicrosoftSecond, MicrosoftThird, host[2], host[3], last]);
        return (At(0), At(byte.MaxValue));
    }

    /// <summary>Reads a range that the user gives.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static (MacAddress First, MacAddress Last) Parse(string first, string last)
    {
        (MacAddress First, MacAddress Last) range = (Parse(first), Parse(last));
        return range.First <= range.Last
            ? range
            : throw ApiException.InvalidArgument($"The range of MAC addresses cannot begin at {first} and end at {last}: the end is before the beginning.");
    }

    private static MacAddress Parse(string text) =>
        MacAddress.TryParse(text, out MacAddress address) && address.IsUnicast
            ? address
            : throw ApiException.InvalidArgument(
                $"'{text}' is not a MAC address of one adapter. Write 12 hexadecimal digits, such as 00155D010200; the second digit is even, and not all are 0.");

    private static byte[] MakeRandom()
    {
        byte[] address = new byte[4];
        HostRandom.Fill(address);
        return address;
    }

    private static IPAddress? FindAddress()
    {
        foreach (NetworkInterface each in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (each.NetworkInterfaceType == NetworkInterfaceType.Loopback || each.OperationalStatus != OperationalStatus.Up)
            {
                continue;
            }

            foreach (UnicastIPAddressInformation address in each.GetIPProperties().UnicastAddresses)
            {
                if (address.Address.AddressFamily == AddressFamily.InterNetwork)
                {
                    return address.Address;
                }
            }
        }

        return null;
    }
}
