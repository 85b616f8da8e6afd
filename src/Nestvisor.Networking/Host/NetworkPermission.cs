using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>What the kernel lets this process do with its network namespace (capabilities(7)).</summary>
public static class NetworkPermission
{
    // CAP_NET_ADMIN.
    private const int NetAdmin = 12;
    private const string Effective = "CapEff:";

    /// <summary>Fails before anything is begun that the kernel would refuse half-way.</summary>
    /// <exception cref="HostNetworkException">This process has not the capability CAP_NET_ADMIN.</exception>
    public static void Require()
    {
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Effective, StringComparison.Ordinal));
        if (line is not null
            && ulong.TryParse(line[Effective.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong capabilities)
            && (capabilities >> NetAdmin & 1) == 0)
        {
            throw new HostNetworkException(
                HostNetworkProblem.NotPermitted,
                "The service may not change the networks of this host: it is run by root without the capability CAP_NET_ADMIN. Run it with that (of a container: --cap-add NET_ADMIN), "
                + "or as a user who is not root, who has networks of the user's own.");
        }
    }
}
