using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>The DNS servers of interfaces, with what keeps them: NetworkManager, systemd-resolved, or the file resolv.conf.</summary>
/// <param name="managers">Who configures interfaces.</param>
/// <param name="networkManager">NetworkManager's servers.</param>
/// <param name="resolved">systemd-resolved's servers.</param>
/// <param name="file">The file's servers.</param>
internal sealed class DnsServers(InterfaceManager managers, NetworkManagerServers networkManager, ResolvedServers resolved, ResolverFile file) : ILinkNameServers
{
    /// <summary>The servers of a host whose files are below a folder.</summary>
    /// <param name="root">The folder; <c>/</c> for this host.</param>
    /// <param name="stateFolder">Where what was before the first change is kept.</param>
    /// <param name="runner">Runs the programs.</param>
    public static DnsServers Create(string root, string stateFolder, ICommandRunner runner)
    {
        InterfaceManager managers = new(Path.Combine(root, "run"), Path.Combine(root, "proc"));
        DnsChanges changes = new(stateFolder);
        return new DnsServers(
            managers,
            new NetworkManagerServers(managers, runner, changes),
            new ResolvedServers(runner, changes),
            new ResolverFile(Path.Combine(root, "etc/resolv.conf"), changes));
    }

    /// <summary>What keeps the servers of an interface.</summary>
    public DnsOwner OwnerOf(KernelLink link) =>
        managers.Of(link.Index) == InterfaceManager.NetworkManager ? DnsOwner.NetworkManager
        : file.IsResolveds ? DnsOwner.Resolved
        : file.ForeignTarget is null ? DnsOwner.File
        : DnsOwner.Unknown;

    /// <inheritdoc/>
    /// <remarks>Those of systemd-resolved, whoever told it: it passes over interfaces without an address. All others keep one list, in the file.</remarks>
    public async Task<IReadOnlyList<string>> OfLinkAsync(string name, CancellationToken cancellation) =>
        file.IsResolveds ? (await resolved.ReadAsync(cancellation).ConfigureAwait(false)).GetValueOrDefault(name) ?? [] : [];

    /// <summary>The servers of interfaces.</summary>
    public async Task<IReadOnlyList<DnsServersInfo>> ReadAsync(IEnumerable<KernelLink> links, CancellationToken cancellation)
    {
        List<DnsServersInfo> all = [];
        IReadOnlyDictionary<string, IReadOnlyList<string>>? fromResolved = null;
        foreach (KernelLink link in links)
        {
            DnsOwner owner = OwnerOf(link);
            if (owner == DnsOwner.Resolved)
            {
                fromResolved ??= await resolved.ReadAsync(cancellation).ConfigureAwait(false);
            }

            all.Add(new DnsServersInfo
            {
                InterfaceIndex = link.Index,
                Owner = owner,
                Servers = owner switch
                {
                    DnsOwner.NetworkManager => await networkManager.ReadAsync(link.Name, cancellation).ConfigureAwait(false),
                    DnsOwner.Resolved => fromResolved!.GetValueOrDefault(link.Name) ?? [],

                    // One list for all, which the loopback has no use for.
                    _ => link.IsLoopback ? [] : file.Read(),
                },
            });
        }

        return all;
    }

    /// <summary>Sets the servers of an interface.</summary>
    /// <param name="link">The interface.</param>
    /// <param name="servers">The servers in their order; null for what was before the first change.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What the user should know.</returns>
    /// <exception cref="ApiException">They cannot be set.</exception>
    public async Task<IReadOnlyList<string>> SetAsync(KernelLink link, IReadOnlyList<string>? servers, CancellationToken cancellation)
    {
        string name = link.Alias ?? link.Name;
        if (link.IsLoopback)
        {
            throw ApiException.NotSupported($"'{name}' is the loopback: name an adapter that leads to the DNS servers.");
        }

        switch (OwnerOf(link))
        {
            case DnsOwner.NetworkManager:
                return !await networkManager.SetAsync(link, servers, cancellation).ConfigureAwait(false)
                    ? Unchanged(name)
                    : await networkManager.IsOwnAsync(link, cancellation).ConfigureAwait(false)
                    ? [$"The DNS servers of '{name}' have been set in the connection that NetworkManager has for the virtual switch: they are forgotten with the switch, and when this host is started anew."]
                    : [$"The DNS servers of '{name}' have been set in NetworkManager's connection on it, which keeps them."];
            case DnsOwner.Resolved:
                bool isNetworkds = managers.Of(link.Index) == InterfaceManager.Networkd;
                return !await resolved.SetAsync(link.Name, isNetworkds, servers, cancellation).ConfigureAwait(false)
                    ? Unchanged(name)
                    :
                    [
                        $"The DNS servers of '{name}' have been set in systemd-resolved, which forgets them when this host "
                        + (isNetworkds ? $"or {InterfaceManager.Networkd} is started anew." : "is started anew. A DHCP client may set others."),
                    ];
            case DnsOwner.File:
                return !file.Set(servers)
                    ? Unchanged(name)
                    :
                    [
                        $"This host has one list of DNS servers for all its adapters, in {file.Path}: it has been changed. {file.Writer ?? "A DHCP client"} may write it anew.",
                        .. servers?.Count > ResolverFile.MostServers
                            ? [$"Programs ask the first {ResolverFile.MostServers} of these servers only."]
                            : Array.Empty<string>(),
                    ];
            default:
                throw ApiException.NotSupported(
                    $"{file.Path} is a link to '{file.ForeignTarget}', which another program writes. Set the DNS servers in that program, or make {file.Path} a file of its own.");
        }
    }

    private static string[] Unchanged(string name) =>
        [$"The DNS servers of '{name}' stay as they are: they have not been set by this service, or another program has set others since."];
}
