using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Host;

/// <summary>Interfaces: bridges, TAPs, and what they are ports of.</summary>
/// <param name="host">Where they are.</param>
public sealed class LinkCommands(NetworkHost host)
{
    /// <summary>All interfaces.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The interfaces in the kernel's order.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<IReadOnlyList<KernelLink>> ListAsync(CancellationToken cancellation = default)
    {
        List<KernelLink> links = await host.AskAsync(
            "list the network interfaces", "ip", ["-j", "-d", "link", "show"], KernelJsonContext.Default.ListKernelLink, cancellation).ConfigureAwait(false);
        // Between its two readings of the kernel ip(8) may see an interface vanish, of which it prints an empty object.
        _ = links.RemoveAll(static link => link.Index == 0);
        return links;
    }

    /// <summary>An interface by its name or an alternative name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The interface; null if there is none.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<KernelLink?> FindAsync(string name)
    {
        foreach (KernelLink link in await ListAsync().ConfigureAwait(false))
        {
            if (link.Name == name || link.AlternativeNames.Contains(name))
            {
                return link;
            }
        }

        return null;
    }

    /// <summary>An interface with its counters.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The counters; null if there is no such interface.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<KernelLinkStatistics?> ReadStatisticsAsync(string name, CancellationToken cancellation)
    {
        List<KernelLink> links = await host.AskAsync(
            "read the counters of the network interfaces", "ip", ["-j", "-s", "link", "show"], KernelJsonContext.Default.ListKernelLink, cancellation).ConfigureAwait(false);
        return links.Find(link => link.Name == name)?.Statistics;
    }

    /// <summary>Makes a bridge that is switched off: without spanning tree, so that its ports carry frames at once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mark">Its alternative name.</param>
    /// <param name="alias">Its name for people.</param>
    /// <param name="address">Its hardware address.</param>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task AddBridgeAsync(string name, string mark, string alias, string address)
    {
        await host.IpBatchAsync(
            $"make the bridge '{name}'",
            [
                // Frames of multicast groups go to all ports: nobody here asks who is in which.
                $"link add name {name} address {address} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                $"link property add dev {name} altname {mark}",
            ]).ConfigureAwait(false);
        await SetAliasAsync(name, alias).ConfigureAwait(false);
    }

    /// <summary>Gives an interface a hardware address.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="address">The address.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetAddressAsync(string name, string address) => host.IpAsync($"give '{name}' the address {address}", "link", "set", "dev", name, "address", address);

    /// <summary>Makes a TAP interface that stays without a program that has it open; it is switched off.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mark">Its alternative name.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task AddTapAsync(string name, string mark) => host.IpBatchAsync(
        $"make the TAP interface '{name}'",
        [
            $"tuntap add dev {name} mode tap multi_queue vnet_hdr",
            $"link property add dev {name} altname {mark}",
            // The guest's frames come out of it; the host itself has nothing to say there.
            $"link set dev {name} addrgenmode none",
        ]);

    /// <summary>Gives an interface another name for people.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="alias">The name for people.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetAliasAsync(string name, string alias) =>
        host.IpAsync($"rename the network interface '{name}'", "link", "set", "dev", name, "alias", InterfaceNames.Alias(alias));

    /// <summary>
    /// Lets the host's port be found by its name for people too, where the kernel can be told: ip(8) refuses names with blanks. What the kernel
    /// refuses, such as a name of over 127 bytes, is not there; the alias is.
    /// </summary>
    /// <param name="link">The bridge.</param>
    /// <param name="alias">The name for people; null if there is no port of the host.</param>
    public void SetHostPortName(KernelLink link, string? alias)
    {
        if (!host.IsOwn)
        {
            return;
        }

        foreach (string old in link.AlternativeNames)
        {
            if (old != alias && old.StartsWith(InterfaceNames.HostPortPrefix, StringComparison.Ordinal))
            {
                Try(() => AlternativeName.Remove(link.Index, old));
            }
        }

        if (alias is not null && !link.AlternativeNames.Contains(alias))
        {
            Try(() => AlternativeName.Add(link.Index, alias));
        }
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // It is a second name for people only.
        }
    }

    /// <summary>Switches an interface on or off.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="up">On.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetUpAsync(string name, bool up) =>
        host.IpAsync($"switch the network interface '{name}' {(up ? "on" : "off")}", "link", "set", "dev", name, up ? "up" : "down");

    /// <summary>Sets the largest packet of an interface.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mtu">Bytes.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetMtuAsync(string name, int mtu) => host.IpAsync(
        $"set the largest packet of the network interface '{name}'",
        "link", "set", "dev", name, "mtu", mtu.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>
    /// Makes a TAP interface a port of a bridge and switches it on. Without spoofing the bridge knows the only address behind it, learns no
    /// other, and sends it nothing that is for others.
    /// </summary>
    /// <param name="tap">The TAP interface.</param>
    /// <param name="bridge">The bridge.</param>
    /// <param name="address">The adapter's address.</param>
    /// <param name="spoofing">Whether it may have others.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task AttachAsync(string tap, string bridge, MacAddress address, bool spoofing)
    {
        string setting = spoofing ? "on" : "off";
        await host.IpBatchAsync(
            $"connect '{tap}' to the bridge '{bridge}'",
            [
                $"link set dev {tap} master {bridge}",
                $"link set dev {tap} type bridge_slave learning {setting} flood {setting}",
            ]).ConfigureAwait(false);
        if (spoofing)
        {
            // It may be there from a time without.
            _ = await host.TryAsync("bridge", ["fdb", "delete", address.ToString(), "dev", tap, "master"]).ConfigureAwait(false);
        }
        else
        {
            _ = await host.RunAsync(
                $"tell the bridge '{bridge}' the address {address}", "bridge", ["fdb", "replace", address.ToString(), "dev", tap, "master", "static"]).ConfigureAwait(false);
        }

        await SetUpAsync(tap, true).ConfigureAwait(false);
    }

    /// <summary>Takes an interface off its bridge; it stays as it is where it is on none.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task DetachAsync(string name) => host.IpAsync($"disconnect '{name}' from its bridge", "link", "set", "dev", name, "nomaster");

    /// <summary>Removes an interface; does nothing if there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task DeleteAsync(string name)
    {
        CommandResult result = await host.TryAsync("ip", ["link", "delete", "dev", name]).ConfigureAwait(false);
        if (result.ExitCode != 0 && await FindAsync(name).ConfigureAwait(false) is not null)
        {
            throw new HostNetworkException(HostNetworkProblem.Failed, $"Cannot remove the network interface '{name}': {result.Error.Trim()}");
        }
    }
}
