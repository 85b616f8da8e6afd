using System.Net;

namespace Nestvisor.Networking.Host;

/// <summary>The host's name servers, where /etc/resolv.conf does not name those that another computer can ask (resolv.conf(5)).</summary>
internal static class HostResolvers
{
    private const string File = "/etc/resolv.conf";

    // What systemd-resolved asks itself, when it is the only one that programs of the host ask.
    private const string OfResolved = "/run/systemd/resolve/resolv.conf";

    /// <summary>Servers beyond the host, if /etc/resolv.conf names only the host itself.</summary>
    /// <returns>Their addresses; empty if that file names others, or nothing is known.</returns>
    public static IReadOnlyList<string> BeyondLoopback() => BeyondLoopback(Read(File), Read(OfResolved));

    /// <summary>Servers beyond the host, if a file names only the host itself.</summary>
    /// <param name="lines">The lines of that file.</param>
    /// <param name="resolved">The lines of the file that knows more.</param>
    /// <returns>Their addresses.</returns>
    internal static IReadOnlyList<string> BeyondLoopback(IEnumerable<string> lines, IEnumerable<string> resolved) =>
        ServersOf(lines).Any() ? [] : [.. ServersOf(resolved)];

    private static IEnumerable<string> ServersOf(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            // An address of one link alone is of no use to a guest.
            if (line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is ["nameserver", { } text, ..]
                && IPAddress.TryParse(text, out IPAddress? address) && !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            {
                yield return address.ToString();
            }
        }
    }

    private static string[] Read(string file)
    {
        try
        {
            return System.IO.File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
