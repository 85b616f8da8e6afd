using System.Globalization;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>
/// Forwarding of IPv6. An interface that forwards does so only while the host as a whole is a router (conf/all/forwarding; ip-sysctl.rst of the
/// kernel), and what makes it one makes routers of all its interfaces. Here only those that are named are.
/// </summary>
/// <param name="host">Where the interfaces are.</param>
/// <param name="links">All of them.</param>
internal sealed class RouterSettings(NetworkHost host, IReadOnlyList<KernelLink> links)
{
    private const string Forwarding = "net/ipv6/conf/{0}/forwarding";
    private const string Advertisements = "net/ipv6/conf/{0}/accept_ra";

    /// <summary>Sets whether an interface forwards.</summary>
    /// <exception cref="HostNetworkException">A setting cannot be changed.</exception>
    public async Task SetAsync(string name, bool forwards)
    {
        List<string> hosts = [];
        bool isOtherRouter = false;
        foreach (string other in links.Select(link => link.Name).Where(other => other != name))
        {
            // Those that do not speak IPv6 have no settings.
            int? value = await ReadAsync(Forwarding, other).ConfigureAwait(false);
            isOtherRouter |= value > 0;
            if (value == 0)
            {
                hosts.Add(other);
            }
        }

        bool isRouter = await ReadAsync(Forwarding, "all").ConfigureAwait(false) > 0;
        if (forwards && !isRouter)
        {
            await BecomeRouterAsync([.. hosts, name], [.. hosts, "default"]).ConfigureAwait(false);
        }

        await WriteAsync(Forwarding, name, forwards ? 1 : 0).ConfigureAwait(false);
        if (!forwards && isRouter && !isOtherRouter)
        {
            await WriteAsync(Forwarding, "all", 0).ConfigureAwait(false);
        }
    }

    private async Task BecomeRouterAsync(string[] listening, string[] hosts)
    {
        // A router forgets ways that other routers have announced, unless it listens to them nevertheless (2).
        foreach (string name in listening)
        {
            if (await ReadAsync(Advertisements, name).ConfigureAwait(false) == 1)
            {
                await WriteAsync(Advertisements, name, 2).ConfigureAwait(false);
            }
        }

        await WriteAsync(Forwarding, "all", 1).ConfigureAwait(false);
        foreach (string name in hosts)
        {
            await WriteAsync(Forwarding, name, 0).ConfigureAwait(false);
        }
    }

    private async Task<int?> ReadAsync(string setting, string name) =>
        int.TryParse(await host.ReadSettingAsync(Path(setting, name)).ConfigureAwait(false), CultureInfo.InvariantCulture, out int value) ? value : null;

    private Task WriteAsync(string setting, string name, int value) => host.WriteSettingAsync(Path(setting, name), value.ToString(CultureInfo.InvariantCulture));

    private static string Path(string setting, string name) => string.Format(CultureInfo.InvariantCulture, setting, name);
}
