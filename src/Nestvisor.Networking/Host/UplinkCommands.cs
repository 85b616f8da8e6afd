using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>
/// Binds an interface of this host to a bridge and frees it. Addresses and routes change places by one process of ip(8), which goes on if
/// this one is killed, so that the host is without them for the shortest time; if it fails half-way all is put back.
/// </summary>
/// <param name="host">Where they are.</param>
public sealed class UplinkCommands(NetworkHost host)
{
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

        IReadOnlyList<KernelAddresses> all = await _addresses.ListAsync().ConfigureAwait(false);
        List<KernelAddress> addresses = [.. all.Where(entry => entry.Index == link.Index).SelectMany(entry => entry.Addresses).Where(address => address.Scope != "link")];
        if (moves && addresses.Find(address => address is { IsIPv4: true, IsDynamic: true }) is { } leased)
        {
            throw Refused(
                name,
                $"its address {leased.Text} comes from a DHCP client, which would go on with '{link.Name}' and not with the host's port. "
                + "Give the interface a fixed address, or leave it to the switch alone with -AllowManagementOS $false if the host has another way out.");
        }

        _ = addresses.RemoveAll(address => address.IsDynamic);
        return new UplinkState
        {
            Name = link.Name,
            Addresses = addresses,
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
        // The new place first: at no time the host has no address, and a default route is replaced, not removed and added.
        List<string> lines = [$"link set dev {uplink.Name} master {bridge}", $"link set dev {uplink.Name} up", $"link set dev {bridge} up"];
        if (moves)
        {
            lines.AddRange(AddLines(uplink, bridge));
        }

        // Those that are there: an interface that was only half freed has lost some.
        IReadOnlyList<KernelAddresses> all = await _addresses.ListAsync().ConfigureAwait(false);
        HashSet<string> there = [.. all.Where(entry => entry.Name == uplink.Name).SelectMany(entry => entry.Addresses).Select(address => address.Text)];
        lines.AddRange(DeleteLines(uplink with { Addresses = [.. uplink.Addresses.Where(address => there.Contains(address.Text))] }, uplink.Name));
        lines.Add($"route flush dev {uplink.Name}");
        await steps.DoAsync(
            () => host.IpBatchAsync($"bind '{uplink.Name}' to the bridge '{bridge}'", lines),
            () => FreeAsync(uplink, bridge)).ConfigureAwait(false);
        if (uplink.DisableIPv6 == "0")
        {
            // IPv6 of an uplink would answer in the place of the host's port.
            await steps.DoAsync(
                () => host.WriteSettingAsync(DisableIPv6(uplink.Name), "1"),
                () => host.WriteSettingAsync(DisableIPv6(uplink.Name), "0")).ConfigureAwait(false);
        }
    });

    /// <summary>Takes addresses and routes off the bridge and gives the interface back what it had. What is so already is no hindrance.</summary>
    /// <param name="uplink">What the interface was.</param>
    /// <param name="bridge">The bridge.</param>
    /// <exception cref="HostNetworkException">What the interface had is not there again.</exception>
    public async Task FreeAsync(UplinkState uplink, string bridge)
    {
        if (await _links.FindAsync(uplink.Name).ConfigureAwait(false) is null)
        {
            // Unplugged or renamed: there is nothing to give back to.
            return;
        }

        if (uplink.DisableIPv6 == "0")
        {
            await host.WriteSettingAsync(DisableIPv6(uplink.Name), "0").ConfigureAwait(false);
        }

        List<string> lines =
        [
            $"link set dev {uplink.Name} nomaster",
            $"link set dev {uplink.Name} {(uplink.WasUp ? "up" : "down")}",
            .. AddLines(uplink, uplink.Name),
            .. DeleteLines(uplink, bridge),
        ];
        await host.IpBatchAsync($"free '{uplink.Name}'", lines, force: true).ConfigureAwait(false);
        KernelLink? link = await _links.FindAsync(uplink.Name).ConfigureAwait(false);
        IReadOnlyList<KernelAddresses> all = await _addresses.ListAsync().ConfigureAwait(false);
        HashSet<string> there = [.. all.Where(entry => entry.Name == uplink.Name).SelectMany(entry => entry.Addresses).Select(address => address.Text)];
        if (link?.Master is not null || uplink.Addresses.Any(address => !there.Contains(address.Text)))
        {
            throw new HostNetworkException(
                HostNetworkProblem.Failed,
                $"The interface '{uplink.Name}' could not be given back all it had. As root, run:\n{string.Join('\n', lines.Select(line => "ip " + line))}");
        }
    }

    // The last first: with the first address of a prefix the kernel removes its others, unless it is set to promote them.
    private static IEnumerable<string> DeleteLines(UplinkState uplink, string device) =>
        uplink.Addresses.Reverse().Select(address => $"address delete {address.Text} dev {device}");

    private static IEnumerable<string> AddLines(UplinkState uplink, string device)
    {
        foreach (KernelAddress address in uplink.Addresses)
        {
            yield return "address replace " + address.Text
                + (address.Broadcast is null ? "" : $" broadcast {address.Broadcast}")
                + $" dev {device}"
                + (address.Scope is "" or "global" ? "" : $" scope {address.Scope}")
                + (address.HasNoPrefixRoute ? " noprefixroute" : "")
                + (address.IsIPv4 ? "" : " nodad")
                + (address.Metric is { } metric ? string.Create(CultureInfo.InvariantCulture, $" metric {metric}") : "");
        }

        foreach ((KernelRoute route, string everywhere) in uplink.Routes.Select(route => (route, "0.0.0.0/0")).Concat(uplink.Routes6.Select(route => (route, "::/0"))))
        {
            // In a batch the family is told by the destination alone.
            yield return $"route replace {(route.Destination == "default" ? everywhere : route.Destination)}"
                + (route.Gateway is null ? "" : $" via {route.Gateway}")
                + $" dev {device}"
                + (route.Protocol is null ? "" : $" proto {route.Protocol}")
                + (route.Scope is null ? "" : $" scope {route.Scope}")
                + (route.Source is null ? "" : $" src {route.Source}")
                + (route.Metric == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" metric {route.Metric}"))
                + (route.Flags.Contains("onlink") ? " onlink" : "");
        }
    }

    // Routes on the link come before those over a next hop, which must be reachable when they are added.
    private async Task<List<KernelRoute>> RoutesOfAsync(string device, bool ipv6)
    {
        IReadOnlyList<KernelRoute> routes = await _addresses.ListRoutesAsync(ipv6).ConfigureAwait(false);
        return [.. routes.Where(route => route.Device == device && route.Protocol is not ("kernel" or "ra")).OrderBy(route => route.Gateway is null ? 0 : 1)];
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
