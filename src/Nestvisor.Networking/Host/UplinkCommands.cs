using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Networking.Host;

/// <summary>
/// Binds an interface of this host to a bridge and frees it. Addresses and routes change places by one process of ip(8), which goes on if
/// this one is killed, so that the host is without them for the shortest time; if it fails half-way all is put back. The program that configures
/// the interface goes on with the bridge, and so does the lease that it has of a DHCP server.
/// </summary>
/// <param name="host">Where they are.</param>
/// <param name="folder">Folder for what such programs say.</param>
/// <param name="root">The folder of their own files, <c>/</c> but in tests.</param>
public sealed class UplinkCommands(NetworkHost host, string folder, string root = "/")
{
    private readonly UplinkManagers _managers = new(host, folder, root);
    // What routes carry that a DHCP server has told of.
    private const string LeaseProtocol = "dhcp";
    private readonly LinkCommands _links = new(host);
    private readonly AddressCommands _addresses = new(host);

    /// <summary>Checks that an interface can be bound, and notes what it is now.</summary>
    /// <param name="name">Its name or an alternative one.</param>
    /// <param name="moves">Whether its addresses are to move to the host's port.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="HostNetworkException">It cannot be bound, with the reason.</exception>
    public async Task<UplinkState> CheckAsync(string name, bool moves)
    {
        KernelLink link = await _links.FindAsync(name).ConfigureAwait(false) ?? throw Refused(name, $"there is no such network interface. Get-NetAdapter lists them.");
        if (link.IsLoopback || link.LinkType != "ether")
        {
            throw Refused(name, $"it is not an Ethernet interface ({link.LinkType}). Make an internal switch and a NAT for it: New-VMSwitch -SwitchType Internal, New-NetNat.");
        }

        if (link.Master is { } master)
        {
            throw Refused(name, $"it is a port of '{master}' already. Take it off with: ip link set {link.Name} nomaster");
        }

        if (link.Info.Kind == "bridge")
        {
            throw Refused(name, "it is a bridge, and the kernel puts no bridge into another. Name the bridge's own uplink, after taking it off.");
        }

        if ((InterfaceNames.HostAdapterOf(host.Instance, link.AlternativeNames) ?? InterfaceNames.PartOfHostAdapter(host.Instance, link.AlternativeNames)) is not null)
        {
            throw Refused(name, "it is an adapter of this host at a virtual switch itself. Connect virtual machines to that switch.");
        }

        if (await IsWirelessAsync(link.Name).ConfigureAwait(false))
        {
            throw Refused(
                name,
                "it is wireless: an access point takes frames from the interface's own address only, so that virtual machines would be cut off. "
                + "Make an internal switch and a NAT for it: New-VMSwitch -SwitchType Internal, New-NetNat.");
        }

        UplinkFound? found = await _managers.FindAsync(link).ConfigureAwait(false);
        List<KernelAddress> addresses = [.. (await AddressesOfAsync(link.Name).ConfigureAwait(false)).Where(address => address.Scope != "link")];
        List<KernelAddress> leases = [.. addresses.Where(address => address.IsIPv4 && (address.IsDynamic || found?.IsLease(address) == true))];
        if (moves && found is null && leases.Count > 0)
        {
            throw Refused(
                name,
                $"its address {leases[0].Text} comes from a DHCP client that cannot be told to go on with the host's port; those that can are {UplinkManagers.Names}. "
                + "Give the interface a fixed address, or leave it to the switch alone with -AllowManagementOS $false if the host has another way out.");
        }

        return new UplinkState
        {
            Name = link.Name,
            Addresses = [.. addresses.Where(address => !address.IsDynamic).Except(leases)],
            Leases = leases,
            Management = found?.Management,
            Routes = await RoutesOfAsync(link.Name, ipv6: false).ConfigureAwait(false),
            Routes6 = await RoutesOfAsync(link.Name, ipv6: true).ConfigureAwait(false),
            DisableIPv6 = await host.ReadSettingAsync(DisableIPv6(link.Name)).ConfigureAwait(false),
            WasUp = link.IsUp,
        };
    }

    /// <summary>Binds an interface to a bridge that is there.</summary>
    /// <param name="uplink">What the interface is.</param>
    /// <param name="bridge">The bridge.</param>
    /// <param name="moves">Whether addresses and routes move to the bridge; else they leave.</param>
    /// <exception cref="HostNetworkException">The kernel refused; all is as it was.</exception>
    public Task BindAsync(UplinkState uplink, string bridge, bool moves) => UndoList.RunAsync(async steps =>
    {
        // A lease may have ended since. Where it is now it has no end until the program that it was given to has it anew.
        HashSet<string> there = [.. (await AddressesOfAsync(uplink.Name).ConfigureAwait(false)).Select(address => address.Text)];
        List<KernelAddress> leases = [.. uplink.Leases.Where(address => there.Contains(address.Text)).Select(Endless)];

        // The new place first: at no time the host has no address, and a default route is replaced, not removed and added.
        List<string> lines = [$"link set dev {uplink.Name} master {bridge}", $"link set dev {uplink.Name} up", $"link set dev {bridge} up"];
        if (moves)
        {
            lines.AddRange(UplinkLines.Add([.. uplink.Addresses, .. leases], [.. uplink.Routes.Select(Kept)], uplink.Routes6, bridge));
        }

        lines.AddRange(UplinkLines.Delete([.. uplink.Addresses, .. leases], uplink.Name));
        lines.Add($"route flush dev {uplink.Name}");
        IUplinkManager? manager = uplink.Management is null ? null : _managers.Of(uplink.Management);
        if (manager is not null && moves && leases.Count > 0 && await _links.FindAsync(uplink.Name).ConfigureAwait(false) is { } leased
            && !await manager.ServerAnswersAsync(leased).ConfigureAwait(false))
        {
            throw Refused(uplink.Name, $"its address is a DHCP server's lease, and the server does not answer {uplink.Management!.Program}, which could not go on with it. Look to the server, or give the interface a fixed address.");
        }

        await steps.DoAsync(
            () => host.IpBatchAsync($"bind '{uplink.Name}' to the bridge '{bridge}'", lines, before: manager?.Leaving(uplink.Name)),
            () => FreeAsync(uplink, bridge, leases)).ConfigureAwait(false);
        if (uplink.DisableIPv6 == "0")
        {
            // IPv6 of an uplink would answer in the place of the host's port.
            await steps.DoAsync(
                () => host.WriteSettingAsync(DisableIPv6(uplink.Name), "1"),
                () => host.WriteSettingAsync(DisableIPv6(uplink.Name), "0")).ConfigureAwait(false);
        }

        if (manager is not null && await _links.FindAsync(uplink.Name).ConfigureAwait(false) is { } link && await _links.FindAsync(bridge).ConfigureAwait(false) is { } bridgeLink)
        {
            // It is undone with the rest, by the first step's undoing.
            await manager.TakeAsync(new UplinkHandover(uplink.Management!, link, bridgeLink, moves, moves && leases.Count > 0)).ConfigureAwait(false);
            await TidyAsync(uplink, leases, bridge).ConfigureAwait(false);
        }
    });

    /// <summary>Takes addresses and routes off the bridge and gives the interface back what it had. What is so already is no hindrance.</summary>
    /// <param name="uplink">What the interface was.</param>
    /// <param name="bridge">The bridge.</param>
    /// <exception cref="HostNetworkException">What the interface had is not there again.</exception>
    public Task FreeAsync(UplinkState uplink, string bridge) => FreeAsync(uplink, bridge, []);

    // Leases that hold still, though a program may have taken them off the bridge.
    private async Task FreeAsync(UplinkState uplink, string bridge, IReadOnlyList<KernelAddress> held)
    {
        if (await _links.FindAsync(uplink.Name).ConfigureAwait(false) is not { } link)
        {
            // Unplugged or renamed: there is nothing to give back to.
            return;
        }

        if (uplink.DisableIPv6 == "0")
        {
            await host.WriteSettingAsync(DisableIPv6(uplink.Name), "0").ConfigureAwait(false);
        }

        KernelLink bridgeLink = await _links.FindAsync(bridge).ConfigureAwait(false) ?? new KernelLink { Name = bridge };
        IUplinkManager? manager = uplink.Management is null ? null : _managers.Of(uplink.Management);
        UplinkHandover? handover = manager is null ? null : new(uplink.Management!, link, bridgeLink, Moves: false, NeedsLease: false);
        if (manager?.TakesBackFirst == true)
        {
            await manager.GiveBackAsync(handover!).ConfigureAwait(false);
        }

        await FreeInKernelAsync(uplink, bridge, held, manager?.Leaving(bridge)).ConfigureAwait(false);
        if (manager?.TakesBackFirst == false)
        {
            await manager.GiveBackAsync(handover!).ConfigureAwait(false);
        }
    }

    private async Task FreeInKernelAsync(UplinkState uplink, string bridge, IReadOnlyList<KernelAddress> held, IReadOnlyList<string>? before)
    {
        List<KernelAddress> leases = uplink.Management is null ? [] : [.. (await AddressesOfAsync(bridge).ConfigureAwait(false))
            .Where(address => address.IsIPv4)
            .UnionBy(held, address => address.Text)
            .Select(address => address.IsDynamic ? address : uplink.Leases.FirstOrDefault(lease => lease.Text == address.Text))
            .OfType<KernelAddress>()
            .Select(address => uplink.Management.Processes.Count > 0 ? Endless(address) : address)];

        // The lease may be another by now, and with it its routes.
        IEnumerable<KernelRoute> routes = leases.Count == 0 || leases.Exists(lease => uplink.Leases.Any(old => old.Text == lease.Text))
            ? uplink.Routes
            : uplink.Routes.Where(route => route.Protocol != LeaseProtocol)
                .Concat((await RoutesOfAsync(bridge, ipv6: false).ConfigureAwait(false)).Where(route => route.Protocol == LeaseProtocol));
        List<string> lines =
        [
            $"link set dev {uplink.Name} nomaster",
            $"link set dev {uplink.Name} {(uplink.WasUp ? "up" : "down")}",
            .. UplinkLines.Add([.. uplink.Addresses, .. leases], [.. routes], uplink.Routes6, uplink.Name),
            .. UplinkLines.Delete([.. uplink.Addresses, .. leases], bridge),
        ];
        await host.IpBatchAsync($"free '{uplink.Name}'", lines, force: true, before).ConfigureAwait(false);
        KernelLink? link = await _links.FindAsync(uplink.Name).ConfigureAwait(false);
        HashSet<string> there = [.. (await AddressesOfAsync(uplink.Name).ConfigureAwait(false)).Select(address => address.Text)];
        if (link?.Master is not null || uplink.Addresses.Any(address => !there.Contains(address.Text)))
        {
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                $"The interface '{uplink.Name}' could not be given back all it had. As root, run:\n{string.Join('\n', lines.Select(line => "ip " + line))}");
        }
    }

    // Of what was moved nobody is in charge any more if the server has given the bridge another address, or the routes have been made anew.
    private async Task TidyAsync(UplinkState uplink, List<KernelAddress> leases, string bridge)
    {
        IReadOnlyList<KernelAddress> addresses = await AddressesOfAsync(bridge).ConfigureAwait(false);
        List<KernelRoute> routes = await RoutesOfAsync(bridge, ipv6: false).ConfigureAwait(false);
        List<string> lines =
        [
            .. uplink.Routes
                .Where(old => old.Protocol == LeaseProtocol && routes.Exists(route => route.Protocol == LeaseProtocol && route.Destination == old.Destination))
                .Select(Kept)
                .Where(moved => routes.Exists(route => (route.Protocol, route.Destination, route.Metric) == (moved.Protocol, moved.Destination, moved.Metric)))
                .Select(moved => UplinkLines.Delete(moved, bridge)),
        ];
        if (addresses.Any(address => address.IsIPv4 && address.IsDynamic && !leases.Exists(lease => lease.Local == address.Local)))
        {
            // Else the new address would go with the former, if both are of one prefix.
            await host.WriteSettingAsync($"net/ipv4/conf/{bridge}/promote_secondaries", "1").ConfigureAwait(false);
            lines.AddRange(UplinkLines.Delete(leases, bridge));
        }

        await host.IpBatchAsync($"remove what was moved to '{bridge}'", lines).ConfigureAwait(false);
    }

    private static KernelAddress Endless(KernelAddress address) => address with { IsDynamic = false };

    // With the mark of a lease systemd-networkd would take the address away before it has the same from the server.
    private static KernelRoute Kept(KernelRoute route) => route.Protocol == LeaseProtocol ? route with { Protocol = "static" } : route;

    private async Task<IReadOnlyList<KernelAddress>> AddressesOfAsync(string device)
    {
        IReadOnlyList<KernelAddresses> all = await _addresses.ListAsync().ConfigureAwait(false);
        return [.. all.Where(entry => entry.Name == device).SelectMany(entry => entry.Addresses)];
    }

    // Routes on the link come before those over a next hop, which must be reachable when they are added. Those that the kernel makes for prefixes it
    // makes anew, but for addresses that are to have none.
    private async Task<List<KernelRoute>> RoutesOfAsync(string device, bool ipv6)
    {
        IReadOnlyList<KernelRoute> routes = await _addresses.ListRoutesAsync(ipv6).ConfigureAwait(false);
        bool hasOwn = (await AddressesOfAsync(device).ConfigureAwait(false)).Any(address => address.IsIPv4 != ipv6 && address.Scope != "link" && address.HasNoPrefixRoute);
        return
        [
            .. routes.Where(route => route.Device == device && route.Protocol != "ra" && (route.Protocol != "kernel" || (hasOwn && !route.Destination.StartsWith("fe80:", StringComparison.Ordinal))))
                .OrderBy(route => route.Gateway is null ? 0 : 1),
        ];
    }

    private async Task<bool> IsWirelessAsync(string name)
    {
        foreach (string file in (string[])["phy80211", "wireless"])
        {
            if ((await host.TryAsync("ls", ["-d", $"/sys/class/net/{name}/{file}"]).ConfigureAwait(false)).ExitCode == 0)
            {
                return true;
            }
        }

        return false;
    }

    private static string DisableIPv6(string name) => $"net/ipv6/conf/{name}/disable_ipv6";

    private static HostNetworkException Refused(string name, string reason) =>
        new(HostNetworkProblem.Refused, $"The network interface '{name}' cannot be bound to a virtual switch: {reason}");
}
