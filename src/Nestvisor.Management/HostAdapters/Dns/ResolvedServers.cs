using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The servers that systemd-resolved keeps for each interface, by resolvectl(1).</summary>
/// <param name="runner">Runs it.</param>
internal sealed class ResolvedServers(ICommandRunner runner)
{
    private const string Program = "resolvectl";

    /// <summary>The servers by the names of interfaces.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ReadAsync(CancellationToken cancellation)
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
                // A server may carry a port, an interface and a name: 9.9.9.9:53%eth0#dns.quad9.net
                all[line[(open + 1)..close]] = [.. line[(close + 2)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(server => server.Split('#')[0])];
            }
        }

        return all;
    }

    /// <summary>Sets the servers of an interface.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="servers">The servers; null for what its configuration says.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">systemd-resolved refused.</exception>
    public async Task SetAsync(string name, IReadOnlyList<string>? servers, CancellationToken cancellation)
    {
        // An empty server takes all away.
        string[] arguments = servers is null ? ["revert", name] : ["dns", name, .. servers.DefaultIfEmpty("")];
        _ = await RunAsync($"set the DNS servers of '{name}'", arguments, cancellation).ConfigureAwait(false);
    }

    private async Task<string> RunAsync(string what, string[] arguments, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(Program, arguments, "", cancellation).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw ApiException.Failed($"systemd-resolved cannot {what}: {result.Error.Trim()}");
    }
}
