using Nestvisor.Api.Errors;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>Name servers that an external switch may cut off.</content>
internal sealed partial class ManagedNetwork
{
    private static readonly TimeSpan NamesPatience = TimeSpan.FromSeconds(10);

    /// <summary>Who knows the name servers of interfaces; null where nobody is asked.</summary>
    public ILinkNameServers? NameServers { get; init; }

    // They are read before the switch takes the interface: who keeps them may forget them with the address.
    private async Task<IReadOnlyList<string>> WarnOfNamesAsync(SwitchConfiguration configuration, CancellationToken cancellation)
    {
        if (configuration.Uplink?.Name is not { } uplink || NameServers is null || (configuration.Uplink.Management is not null && configuration.AllowManagementOS))
        {
            // Who configures the interface goes on with the host's port, and takes the name servers along.
            return [];
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(NamesPatience);
        try
        {
            IReadOnlyList<string> servers = await NameServers.OfLinkAsync(uplink, limit.Token).ConfigureAwait(false);
            return servers.Count == 0 ? [] : [Advice(configuration, uplink, servers)];
        }
        catch (Exception error) when (error is ApiException or HostNetworkException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return [$"Names may not be found any more: whether systemd-resolved has name servers for '{uplink}' only is not known ({error.Message}). Look with: resolvectl dns {uplink}"];
        }
    }

    private static string Advice(SwitchConfiguration configuration, string uplink, IReadOnlyList<string> servers)
    {
        string lost = $"Names may not be found any more: systemd-resolved asks {string.Join(", ", servers)} only while '{uplink}' has an address, and ";
        string all = string.Join(' ', servers);
        return configuration.AllowManagementOS
            ? $"{lost}its addresses are those of '{InterfaceNames.HostPort(configuration.Name)}' now. Give that the name servers: Set-DnsClientServerAddress "
                + $"'{InterfaceNames.HostPort(configuration.Name).Replace("'", "''", StringComparison.Ordinal)}' -ServerAddresses {string.Join(", ", servers)}"
                + $" (or resolvectl dns {InterfaceNames.Bridge(configuration.Id)} {all}; search domains: resolvectl domain)"
            : $"{lost}the host has none there any more. If it has another way out, give that interface name servers: resolvectl dns INTERFACE {all}";
    }
}
