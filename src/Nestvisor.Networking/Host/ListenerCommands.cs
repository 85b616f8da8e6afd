using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nestvisor.Networking.Host;

/// <summary>Finds out by ss(8) who waits at a port.</summary>
/// <param name="host">Where the sockets are.</param>
public sealed class ListenerCommands(NetworkHost host)
{
    private const string EverywhereInBothFamilies = "*";

    /// <summary>Finds a socket that takes what is sent to a port from outside.</summary>
    /// <param name="isUdp">Whether it is a port of UDP; else of TCP.</param>
    /// <param name="address">The IPv4 address that is sent to; <see cref="IPAddress.Any"/> for any of the host's.</param>
    /// <param name="port">The port.</param>
    /// <returns>One of them; null if there is none. One that waits at the loopback only takes nothing from outside.</returns>
    /// <exception cref="HostNetworkException">ss(8) cannot tell.</exception>
    public async Task<PortListener?> FindAsync(bool isUdp, IPAddress address, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        string output = await host.RunAsync(
            $"look who listens on port {number}", "ss", ["--no-header", "--listening", "--numeric", "--processes", isUdp ? "--udp" : "--tcp", "sport", "=", ":" + number]).ConfigureAwait(false);
        foreach (string line in output.Split('\n'))
        {
            // LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=712,fd=6))
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 4 && words[3].EndsWith(":" + number, StringComparison.Ordinal) && Takes(words[3][..^(number.Length + 1)], address))
            {
                (string? program, int process) = OwnerIn(line);
                return new PortListener(words[3], program, process);
            }
        }

        return null;
    }

    // An address may be followed by the interface that the socket is bound to; those of IPv6 are in brackets.
    private static bool Takes(string text, IPAddress address)
    {
        string own = text.Split('%')[0].Trim('[', ']');
        if (own == EverywhereInBothFamilies)
        {
            return true;
        }

        if (!IPAddress.TryParse(own, out IPAddress? bound))
        {
            return false;
        }

        bound = bound.IsIPv4MappedToIPv6 ? bound.MapToIPv4() : bound;
        return bound.AddressFamily == AddressFamily.InterNetwork
            && !IPAddress.IsLoopback(bound)
            && (bound.Equals(IPAddress.Any) || address.Equals(IPAddress.Any) || bound.Equals(address));
    }

    // A name may have quotes in it; the number behind it ends the search.
    private static (string? Program, int ProcessId) OwnerIn(string line)
    {
        const string before = "users:((\"";
        const string between = "\",pid=";
        int start = line.IndexOf(before, StringComparison.Ordinal);
        int end = start < 0 ? -1 : line.IndexOf(between, start, StringComparison.Ordinal);
        if (end < 0)
        {
            return (null, 0);
        }

        string rest = line[(end + between.Length)..];
        int digits = rest.TakeWhile(char.IsAsciiDigit).Count();
        return (line[(start + before.Length)..end], int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : 0);
    }
}
