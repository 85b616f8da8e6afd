using Nestvisor.Networking.Host.Managers;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Host;

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
        InterfaceManager managers = new(Path.Combine(root, "run"));
        return new DnsServers(
            managers,
            new NetworkManagerServers(managers, runner),
            new ResolvedServers(runner),
            new ResolverFile(Path.Combine(root, "etc/resolv.conf"), Path.Combine(stateFolder, "resolv.conf.before")));
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
        switch (OwnerOf(link))
        {
            case DnsOwner.NetworkManager:
                await networkManager.SetAsync(link, servers, cancellation).ConfigureAwait(false);
                return [$"The DNS servers of '{link.Name}' have been set in NetworkManager's connection on it, which keeps them."];
            case DnsOwner.Resolved:
                await resolved.SetAsync(link.Name, servers, cancellation).ConfigureAwait(false);
                return [$"The DNS servers of '{link.Name}' have been set in systemd-resolved, which forgets them when this host is started anew."];
            case DnsOwner.File when link.IsLoopback:
                throw ApiException.NotSupported($"'{link.Name}' is the loopback: name an adapter that leads to the DNS servers.");
            case DnsOwner.File:
                file.Set(servers);
                return
                [
                    $"This host has one list of DNS servers for all its adapters, in {file.Path}: it has been changed. A DHCP client may write it anew.",
                    .. servers?.Count > ResolverFile.MostServers
                        ? [$"Programs ask the first {ResolverFile.MostServers} of these servers only."]
                        : Array.Empty<string>(),
                ];
            default:
                throw ApiException.NotSupported(
                    $"{file.Path} is a link to '{file.ForeignTarget}', which another program writes. Set the DNS servers in that program, or make {file.Path} a file of its own.");
        }
    }
}
