using Nestvisor.Networking.Host.Managers;
using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The servers of the connections of NetworkManager, by nmcli(1).</summary>
/// <param name="managers">Knows the connections.</param>
/// <param name="runner">Runs it.</param>
internal sealed class NetworkManagerServers(InterfaceManager managers, ICommandRunner runner)
{
    private const string Program = "nmcli";

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

    /// <summary>Sets the servers of an interface in its connection, which keeps them.</summary>
    /// <param name="link">The interface.</param>
    /// <param name="servers">The servers; null for what DHCP and routers say.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ApiException">There is no connection, or NetworkManager refused.</exception>
    public async Task SetAsync(KernelLink link, IReadOnlyList<string>? servers, CancellationToken cancellation)
    {
        string connection = managers.ConnectionOf(link.Index)
            ?? throw ApiException.Failed($"NetworkManager manages '{link.Name}' and has no connection on it that could keep DNS servers. Make one: nmcli device connect {link.Name}");
        string Of(AddressFamily family) => string.Join(',', (servers ?? []).Where(server => IPAddress.Parse(server).AddressFamily == family));
        string ignored = servers is null ? "no" : "yes";
        string[] modify =
        [
            "connection", "modify", connection, "ipv4.dns", Of(AddressFamily.InterNetwork), "ipv4.ignore-auto-dns", ignored,
            "ipv6.dns", Of(AddressFamily.InterNetworkV6), "ipv6.ignore-auto-dns", ignored,
        ];
        _ = await RunAsync($"set the DNS servers of '{link.Name}'", modify, cancellation).ConfigureAwait(false);
        _ = await RunAsync($"use the changed connection of '{link.Name}'", ["device", "reapply", link.Name], cancellation).ConfigureAwait(false);
    }

    private async Task<string> RunAsync(string what, string[] arguments, CancellationToken cancellation)
    {
        CommandResult result = await runner.RunAsync(Program, arguments, "", cancellation).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw ApiException.Failed($"NetworkManager cannot {what}: {result.Error.Trim()}");
    }
}
