using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The servers of the connections of NetworkManager, by nmcli(1).</summary>
/// <param name="managers">Knows the connections.</param>
/// <param name="runner">Runs it.</param>
/// <param name="changes">What was before.</param>
internal sealed class NetworkManagerServers(InterfaceManager managers, ICommandRunner runner, DnsChanges changes)
{
    private const string Program = "nmcli";
    private const string OwnConnections = "nestvisor-";

    private static readonly string[] Families = ["ipv4", "ipv6"];

    // Of a connection; those after the first two are what is set.
    private static readonly string[] Fields = ["ipv4.method", "ipv6.method", "ipv4.dns", "ipv4.ignore-auto-dns", "ipv6.dns", "ipv6.ignore-auto-dns"];

    /// <summary>The servers of an interface.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(string name, CancellationToken cancellation)
    {
        // Each field is a line, its values with ' | ' between; backslashes stand before colons.
        string output = await RunAsync($"read the DNS servers of '{name}'", ["-g", "IP4.DNS,IP6.DNS", "device", "show", name], cancellation).ConfigureAwait(false);
        return
        [
            .. output.Replace("\\:", ":", StringComparison.Ordinal).Split(['|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(server => IPAddress.TryParse(server, out _)),
        ];
    }

    /// <summary>Whether the connection on an interface is a virtual switch's, which lasts as long as the switch and this run of the host.</summary>
    public Task<bool> IsOwnAsync(KernelLink link, CancellationToken cancellation) => IsOwnAsync(link, ConnectionOf(link), cancellation);

    /// <summary>Sets the servers of an interface in its connection, which keeps them.</summary>
    /// <param name="link">The interface.</param>
    /// <param name="servers">The servers; null for those before the first change, or else what DHCP and routers say.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether they have been set: where nothing is known of before, and all addresses are fixed, there is nothing that they could be.</returns>
    /// <exception cref="ApiException">There is no connection, or NetworkManager refused.</exception>
    public async Task<bool> SetAsync(KernelLink link, IReadOnlyList<string>? servers, CancellationToken cancellation)
    {
        string place = $"{Program} {link.Name}";
        string connection = ConnectionOf(link);
        IReadOnlyList<string> current = await SettingsAsync(link, connection, cancellation).ConfigureAwait(false);
        string Of(AddressFamily family) => string.Join(',', (servers ?? []).Where(server => IPAddress.Parse(server).AddressFamily == family));
        IReadOnlyList<string>? before = servers is null ? changes.Before(place, [connection, .. current]) : null;
        string[] words = servers is not null ? [.. Words(0, Of(AddressFamily.InterNetwork), "yes"), .. Words(1, Of(AddressFamily.InterNetworkV6), "yes")]
            : before is not null ? [.. Words(0, before[3], before[4]), .. Words(1, before[5], before[6])]
            : [.. Families.Index().Where(family => current[family.Index] is "auto" or "dhcp").SelectMany(family => Words(family.Index, "", "no"))];
        if (words.Length == 0)
        {
            return false;
        }

        // A connection below /run that is modified otherwise is written to /etc, and would outlive the switch.
        string[] lasting = await IsOwnAsync(link, connection, cancellation).ConfigureAwait(false) ? ["--temporary"] : [];
        _ = await RunAsync($"set the DNS servers of '{link.Name}'", ["connection", "modify", .. lasting, connection, .. words], cancellation).ConfigureAwait(false);
        if (servers is null)
        {
            changes.Forget(place);
        }
        else
        {
            IReadOnlyList<string> after = await SettingsAsync(link, connection, cancellation).ConfigureAwait(false);
            changes.Remember(place, [connection, .. current], [connection, .. after]);
        }

        _ = await RunAsync($"use the changed connection of '{link.Name}'", ["device", "reapply", link.Name], cancellation).ConfigureAwait(false);
        return true;
    }

    private static string[] Words(int family, string servers, string ignored) => [$"{Families[family]}.dns", servers, $"{Families[family]}.ignore-auto-dns", ignored];

    private string ConnectionOf(KernelLink link) => managers.ConnectionOf(link.Index)
        ?? throw ApiException.Failed($"NetworkManager manages '{link.Name}' and has no connection on it that could keep DNS servers. Make one: nmcli device connect {link.Name}");

    // Each is a line, which may be empty.
    private async Task<IReadOnlyList<string>> SettingsAsync(KernelLink link, string connection, CancellationToken cancellation)
    {
        string[] values = (await ShowAsync(link, connection, string.Join(',', Fields), cancellation).ConfigureAwait(false)).Split('\n');
        return [.. Fields.Select((_, index) => values.ElementAtOrDefault(index) ?? "")];
    }

    private async Task<bool> IsOwnAsync(KernelLink link, string connection, CancellationToken cancellation) =>
        (await ShowAsync(link, connection, "connection.id", cancellation).ConfigureAwait(false)).Trim() == OwnConnections + link.Name;

    private Task<string> ShowAsync(KernelLink link, string connection, string fields, CancellationToken cancellation) =>
        RunAsync($"read the connection of '{link.Name}'", ["-e", "no", "-g", fields, "connection", "show", connection], cancellation);

    private async Task<string> RunAsync(string what, string[] arguments, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(Program, arguments, "", cancellation).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw ApiException.Failed($"NetworkManager cannot {what}: {result.Error.Trim()}");
    }
}
