using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The servers that systemd-resolved keeps for each interface, by resolvectl(1).</summary>
/// <param name="runner">Runs it.</param>
/// <param name="changes">What was before.</param>
internal sealed class ResolvedServers(ICommandRunner runner, DnsChanges changes)
{
    private const string Program = "resolvectl";

    /// <summary>The servers by the names of interfaces.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadAsync(CancellationToken cancellation)
    {
        Dictionary<string, IReadOnlyList<string>> all = [];
        foreach ((string name, IReadOnlyList<string> servers) in await ReadWholeAsync(cancellation).ConfigureAwait(false))
        {
            // A server may carry a port, an interface and a name: 9.9.9.9:53%eth0#dns.quad9.net
            all[name] = [.. servers.Select(server => server.Split('#')[0])];
        }

        return all;
    }

    /// <summary>Sets the servers of an interface.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="isNetworkds">Whether systemd-networkd configures it, which knows its own servers when these are taken back.</param>
    /// <param name="servers">The servers; null for those before the first change.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether they have been set: there may be none before.</returns>
    /// <exception cref="ApiException">systemd-resolved refused.</exception>
    public async Task<bool> SetAsync(string name, bool isNetworkds, IReadOnlyList<string>? servers, CancellationToken cancellation)
    {
        string what = $"set the DNS servers of '{name}'";

        // An empty server takes all away.
        string[] Words(IReadOnlyList<string> all) => ["dns", name, .. all.DefaultIfEmpty("")];
        if (isNetworkds)
        {
            _ = await RunAsync(what, servers is null ? ["revert", name] : Words(servers), cancellation).ConfigureAwait(false);
            return true;
        }

        // A DHCP client says its servers once, so that "revert" would lose them.
        string place = $"{Program} {name}";
        IReadOnlyList<string> current = await ReadWholeAsync(name, cancellation).ConfigureAwait(false);
        if (servers is not null)
        {
            _ = await RunAsync(what, Words(servers), cancellation).ConfigureAwait(false);
            changes.Remember(place, current, await ReadWholeAsync(name, cancellation).ConfigureAwait(false));
            return true;
        }

        if (changes.Before(place, current) is { } before)
        {
            _ = await RunAsync(what, before.Count == 0 ? ["revert", name] : Words(before), cancellation).ConfigureAwait(false);
            changes.Forget(place);
            return true;
        }

        return false;
    }

    private async Task<IReadOnlyList<string>> ReadWholeAsync(string name, CancellationToken cancellation) =>
        (await ReadWholeAsync(cancellation).ConfigureAwait(false)).GetValueOrDefault(name) ?? [];

    private async Task<Dictionary<string, IReadOnlyList<string>>> ReadWholeAsync(CancellationToken cancellation)
    {
        string output = await RunAsync("read the DNS servers", ["dns"], cancellation).ConfigureAwait(false);
        Dictionary<string, IReadOnlyList<string>> all = [];
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Link 2 (eth0): 9.9.9.9 2620:fe::fe
            int open = line.IndexOf('(', StringComparison.Ordinal);
            int close = line.IndexOf("):", StringComparison.Ordinal);
            if (line.StartsWith("Link ", StringComparison.Ordinal) && open > 0 && close > open)
            {
                all[line[(open + 1)..close]] = line[(close + 2)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            }
        }

        return all;
    }

    private async Task<string> RunAsync(string what, string[] arguments, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(Program, arguments, "", cancellation).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw ApiException.Failed($"systemd-resolved cannot {what}: {result.Error.Trim()}");
    }
}
