using System.Net;
using System.Net.Sockets;
using System.Text;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>What a DHCP client does (RFC 2131 §3.1), and a question for a name (RFC 1035).</summary>
internal static class DhcpExchange
{
    private const int Options = 240;
    private static readonly byte[] Cookie = [99, 130, 83, 99];

    /// <summary>Gets an address with a name; the answer's options by their number.</summary>
    public static (string Address, Dictionary<byte, byte[]> Options) Lease(NetworkSandbox guest, string name) => guest.Inside(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true, ReceiveTimeout = 2000 };

        // SO_BINDTODEVICE: without an address there is no route either.
        socket.SetRawSocketOption(1, 25, Encoding.ASCII.GetBytes("eth0\0"));
        socket.Bind(new IPEndPoint(IPAddress.Any, 68));
        byte[] mac = Convert.FromHexString(File.ReadAllText($"/proc/{guest.Id}/net/dev").Length > 0 ? MacOf(guest) : "");
        byte[] offer = Ask(socket, Message(mac, 1, name), 2);
        byte[] server = OptionsOf(offer)[54];
        byte[] acknowledge = Ask(socket, [.. Message(mac, 3, name)[..^1], 50, 4, .. offer[16..20], 54, 4, .. server, 255], 5);
        return (new IPAddress(acknowledge[16..20]).ToString(), OptionsOf(acknowledge));
    });

    /// <summary>Asks a server for the IPv4 address of a name; null if it has none.</summary>
    public static string? Resolve(NetworkSandbox guest, string server, string name) => guest.Inside(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 2000 };
        byte[] question = [0x4E, 0x56, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0, 0, 1, 0, 1];
        byte[] answer = new byte[1024];
        for (int i = 0; i < 10; i++)
        {
            try
            {
                _ = socket.SendTo(question, new IPEndPoint(IPAddress.Parse(server), 53));
                int length = socket.Receive(answer);
                return answer[7] == 0 ? null : new IPAddress(answer[(length - 4)..length]).ToString();
            }
            catch (SocketException)
            {
                // No answer in time: once more.
            }
        }

        throw new TimeoutException($"{server} does not answer questions for names.");
    });

    private static string MacOf(NetworkSandbox guest) => guest.Run("ip -o link show eth0 | grep -o 'ether [^ ]*' | cut -d' ' -f2").Trim().Replace(":", "", StringComparison.Ordinal);

    private static byte[] Message(byte[] mac, byte kind, string name)
    {
        byte[] fixedPart = new byte[Options];
        fixedPart[0] = 1;
        fixedPart[1] = 1;
        fixedPart[2] = 6;
        fixedPart[4] = 0x4E;
        fixedPart[10] = 0x80;
        mac.CopyTo(fixedPart, 28);
        Cookie.CopyTo(fixedPart, 236);
        return [.. fixedPart, 53, 1, kind, 12, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), 55, 4, 1, 3, 6, 15, 255];
    }

    private static byte[] Ask(Socket socket, byte[] message, byte wanted)
    {
        byte[] buffer = new byte[2048];
        for (int i = 0; i < 15; i++)
        {
            try
            {
                _ = socket.SendTo(message, new IPEndPoint(IPAddress.Broadcast, 67));
                int length = socket.Receive(buffer);
                if (length > Options && OptionsOf(buffer[..length]).GetValueOrDefault((byte)53) is [var kind] && kind == wanted)
                {
                    return buffer[..length];
                }
            }
            catch (SocketException)
            {
                // No answer in time: once more.
            }
        }

        throw new TimeoutException("No DHCP server answers.");
    }

    private static Dictionary<byte, byte[]> OptionsOf(byte[] message)
    {
        Dictionary<byte, byte[]> options = [];
        int at = Options;
        while (at + 1 < message.Length && message[at] != 255)
        {
            if (message[at] == 0)
            {
                at++;
                continue;
            }

            options[message[at]] = message[(at + 2)..(at + 2 + message[at + 1])];
            at += 2 + message[at + 1];
        }

        return options;
    }
}
