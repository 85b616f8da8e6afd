using Nestvisor.Networking.Host.Managers;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Management.HostAdapters.Dns;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Management.HostAdapters;

/// <summary>
/// The network interfaces of this host that are not Nestvisor's own. They are changed only when a user names one, in the kernel only, and the
/// user is told who may change them back.
/// </summary>
/// <param name="gate">Leads to the place of the interfaces.</param>
/// <param name="names">Names that are remembered.</param>
/// <param name="dns">Who keeps DNS servers.</param>
/// <param name="managers">Who configures interfaces.</param>
internal sealed class HostAdapterManager(IKernelGate gate, AdapterNames names, DnsServers dns, InterfaceManager managers)
{
    /// <summary>The interfaces of this host.</summary>
    /// <param name="gate">Leads to their place.</param>
    /// <param name="dns">Who keeps DNS servers.</param>
    /// <param name="stateFolder">The service's state folder.</param>
    public static HostAdapterManager Create(IKernelGate gate, DnsServers dns, string stateFolder) => new(
        gate, new AdapterNames(stateFolder), dns, new InterfaceManager("/run", "/proc"));

    /// <summary>All interfaces.</summary>
    public Task<IReadOnlyList<HostAdapterInfo>> DescribeAsync(CancellationToken cancellation) =>
        gate.ReadAsync(kernel => HostAdapterReader.ReadAsync(kernel, cancellation), [], cancellation);

    /// <summary>Gives interfaces the names that are remembered.</summary>
    /// <param name="complain">Told if that cannot be.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task RestoreNamesAsync(Action<string> complain, CancellationToken cancellation)
    {
        try
        {
            _ = await gate.ReadAsync(kernel => names.RestoreAsync(kernel, cancellation), 0, cancellation).ConfigureAwait(false);
        }
        catch (ApiException error)
        {
            // Machines run all the same; the first command on adapters says it again.
            complain(error.Message);
        }
    }

    /// <summary>Changes an interface.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> ChangeAsync(int index, ChangeHostAdapterRequest request, CancellationToken cancellation) => ChangeAsync(index, async (kernel, link, warnings) =>
    {
        bool isOwn = IsOwn(kernel, link);
        if (isOwn && (request.Name is not null || request.IsEnabled is not null || request.MacAddress is not null))
        {
            throw ApiException.NotSupported($"'{link.Alias ?? link.Name}' belongs to a virtual switch or a virtual machine. Change it through these.");
        }

        RequireHosts(kernel, link);

        // All is checked before the first change.
        MacAddress? address = request.MacAddress is null ? null : Unicast(request.MacAddress);
        (string Setting, string Value)[] settings = [.. SettingsOf(link, request)];
        if (request.Name is { } name)
        {
            await RenameAsync(kernel, link, name, warnings, cancellation).ConfigureAwait(false);
        }

        if (address is { } wanted)
        {
            await kernel.Host.IpAsync($"set the hardware address of '{link.Name}'", "link", "set", "dev", link.Name, "address", wanted.ToString()).ConfigureAwait(false);
        }

        if (request.IPv4?.Mtu is { } mtu)
        {
            await kernel.Links.SetMtuAsync(link.Name, mtu).ConfigureAwait(false);
        }

        foreach ((string setting, string value) in settings)
        {
            await kernel.Host.WriteSettingAsync(setting, value).ConfigureAwait(false);
        }

        if (request.IPv6?.Forwarding is { } forwards)
        {
            RouterSettings router = new(kernel.Host, await kernel.Links.ListAsync(cancellation).ConfigureAwait(false));
            await router.SetAsync(link.Name, forwards).ConfigureAwait(false);
        }

        if (request.IsEnabled is { } enabled)
        {
            await kernel.Links.SetUpAsync(link.Name, enabled).ConfigureAwait(false);
        }

        if (settings.Length > 0 || request is { MacAddress: not null } or { IPv6.Forwarding: not null } or { IPv4.Mtu: not null } || (request.IsEnabled is not null && managers.Of(index) is not null))
        {
            warnings.Add(Lasts(kernel, link));
        }
    }, cancellation);

    /// <summary>Adds an address.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> AddAddressAsync(int index, AddHostAddressRequest request, CancellationToken cancellation) =>
        ChangeForeignAsync(index, (kernel, link) => new HostAddressChanges(kernel).AddAsync(link.Name, request, cancellation), cancellation);

    /// <summary>Changes an address.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> ChangeAddressAsync(int index, ChangeHostAddressRequest request, CancellationToken cancellation) =>
        ChangeForeignAsync(index, (kernel, link) => new HostAddressChanges(kernel).ChangeAsync(link.Name, request, cancellation), cancellation);

    /// <summary>Removes an address.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> RemoveAddressAsync(int index, string address, CancellationToken cancellation) =>
        ChangeForeignAsync(index, (kernel, link) => new HostAddressChanges(kernel).RemoveAsync(link.Name, address, cancellation), cancellation);

    /// <summary>Adds a route.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> AddRouteAsync(HostRouteRequest request, CancellationToken cancellation) =>
        ChangeForeignAsync(request.InterfaceIndex, (kernel, link) => new HostAddressChanges(kernel).AddRouteAsync(link.Name, request, cancellation), cancellation);

    /// <summary>Removes a route.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    public Task<HostChange> RemoveRouteAsync(HostRouteRequest request, CancellationToken cancellation) =>
        ChangeForeignAsync(request.InterfaceIndex, (kernel, link) => new HostAddressChanges(kernel).RemoveRouteAsync(link.Name, request, cancellation), cancellation);

    /// <summary>The DNS servers of all interfaces but the host's ends of virtual machines' adapters.</summary>
    public Task<IReadOnlyList<DnsServersInfo>> DescribeDnsAsync(CancellationToken cancellation) => gate.ReadAsync(
        async kernel =>
        {
            IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync(cancellation).ConfigureAwait(false);
            return await dns.ReadAsync(
                links.Where(link => InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) is null
                    && InterfaceNames.PartOfHostAdapter(kernel.Host.Instance, link.AlternativeNames) is null),
                cancellation).ConfigureAwait(false);
        },
        [],
        cancellation);

    /// <summary>Sets the DNS servers of an interface.</summary>
    /// <exception cref="ApiException">They cannot be.</exception>
    public Task<HostChange> SetDnsAsync(int index, SetDnsServersRequest request, CancellationToken cancellation) => ChangeAsync(index, async (kernel, link, warnings) =>
    {
        if (kernel.Host.IsElsewhere)
        {
            throw ApiException.NotSupported("The DNS servers of this host are root's to set. Run the service as root.");
        }

        string[]? servers = request.Servers is null ? null : [.. request.Servers.Select(server => HostAddressRules.Parse(server).ToString())];
        warnings.AddRange(await dns.SetAsync(link, servers, cancellation).ConfigureAwait(false));
    }, cancellation);

    private static MacAddress Unicast(string text) => MacAddress.TryParse(text, out MacAddress address) && address.IsUnicast
        ? address
        : throw ApiException.InvalidArgument($"'{text}' is not the hardware address of one adapter, such as 00-15-5D-01-02-03.");

    private static IEnumerable<(string Setting, string Value)> SettingsOf(KernelLink link, ChangeHostAdapterRequest request)
    {
        if (request.IPv4?.Mtu is { } mtu and (< 68 or > 65535))
        {
            throw ApiException.InvalidArgument($"The largest packet {mtu} is not between 68 and 65535.");
        }

        return [
            .. request.IPv4 is { } four ? IPSettingFiles.Changes(link.Name, ipv6: false, four) : [],
            .. request.IPv6 is { } six ? IPSettingFiles.Changes(link.Name, ipv6: true, six) : [],
        ];
    }

    // The kernel's alias of a bridge or TAP of Nestvisor's is its own; all else is the user's.
    private static bool IsOwn(HostKernel kernel, KernelLink link) =>
        (InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) ?? InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames)
            ?? InterfaceNames.HostAdapterOf(kernel.Host.Instance, link.AlternativeNames) ?? InterfaceNames.PartOfHostAdapter(kernel.Host.Instance, link.AlternativeNames)) is not null;

    // In a user's own namespace an interface that is not Nestvisor's is the one by which pasta leads out: it looks like the host's, and is not.
    private static void RequireHosts(HostKernel kernel, KernelLink link)
    {
        if (kernel.Host.IsElsewhere && !IsOwn(kernel, link))
        {
            throw ApiException.NotSupported(
                $"'{link.Alias ?? link.Name}' cannot be changed by a user who is not root: it is the way out of this user's own network, which pasta keeps, and not the "
                + "interface of the host that has its name. Change the host's as root, or the ports of this user's virtual switches, which are called vEthernet (SWITCH).");
        }
    }

    private async Task RenameAsync(HostKernel kernel, KernelLink link, string name, List<string> warnings, CancellationToken cancellation)
    {
        if (name != name.Trim() || name.Any(char.IsControl) || System.Text.Encoding.UTF8.GetByteCount(name) > 255)
        {
            throw ApiException.InvalidArgument($"'{name}' is not a name for a network adapter: it has blanks at an end, control characters or more than 255 bytes.");
        }

        foreach (KernelLink other in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (other.Index != link.Index && name.Length > 0
                && (other.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || name.Equals(other.Alias, StringComparison.OrdinalIgnoreCase)))
            {
                throw ApiException.InvalidArgument($"There is a network adapter '{name}' already: {other.Name}.");
            }
        }

        await kernel.Links.SetAliasAsync(link.Name, name).ConfigureAwait(false);
        if (!names.Remember(link, name))
        {
            warnings.Add($"'{link.Name}' has no hardware behind it: its name is forgotten with it.");
        }
    }

    private Task<HostChange> ChangeForeignAsync(int index, Func<HostKernel, KernelLink, Task> change, CancellationToken cancellation) =>
        ChangeAsync(index, async (kernel, link, warnings) =>
        {
            if (IsOwn(kernel, link))
            {
                throw ApiException.InvalidArgument($"'{link.Alias ?? link.Name}' is Nestvisor's own: its addresses and routes are kept, and changed where they are kept.");
            }

            RequireHosts(kernel, link);
            await change(kernel, link).ConfigureAwait(false);
            warnings.Add(Lasts(kernel, link));
        }, cancellation);

    private Task<HostChange> ChangeAsync(int index, Func<HostKernel, KernelLink, List<string>, Task> change, CancellationToken cancellation) => gate.RunAsync(
        async kernel =>
        {
            KernelLink link = (await kernel.Links.ListAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(link => link.Index == index)
                ?? throw ApiException.NotFound($"Element not found. There is no network interface with the number {index}.");
            List<string> warnings = [];
            await change(kernel, link, warnings).ConfigureAwait(false);
            return new HostChange { Warnings = warnings };
        },
        cancellation);

    private string Lasts(HostKernel kernel, KernelLink link) =>
        (IsOwn(kernel, link) ? $"Nestvisor does not keep such settings of '{link.Alias ?? link.Name}'" : $"'{link.Alias ?? link.Name}' is not one of Nestvisor's adapters")
        + ": it has been changed in the kernel only, and is as before when this host is started anew"
        + (managers.Of(link.Index) is { } manager ? $" or when {manager}, which configures it, does so again." : ".");
}
