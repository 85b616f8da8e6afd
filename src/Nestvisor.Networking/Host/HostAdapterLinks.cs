using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>
/// Further adapters of this host at a switch: a pair of veth(4) interfaces, of which one is the adapter and the other a port of the bridge. An
/// adapter in a VLAN is a VLAN interface on the first (8021q), so that its frames have their tag on the bridge.
/// </summary>
/// <param name="host">Where they are.</param>
public sealed class HostAdapterLinks(NetworkHost host)
{
    private const int UsualMtu = 1500;
    private const string UnknownKind = "Unknown device type";
    private readonly LinkCommands _links = new(host);

    /// <summary>Makes the interfaces of an adapter, switched off.</summary>
    /// <param name="id">The adapter.</param>
    /// <param name="address">Its hardware address.</param>
    /// <param name="vlan">Its VLAN; 0 for none.</param>
    /// <param name="index">The number that it had before; null for the kernel's choice.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused; some of them may be there.</exception>
    public Task AddAsync(Guid id, string address, int vlan, int? index)
    {
        string adapter = InterfaceNames.HostAdapter(id);
        string port = InterfaceNames.HostAdapterPort(id);
        string link = vlan == 0 ? adapter : InterfaceNames.HostAdapterLink(id);
        (string adapterMark, string portMark, string linkMark) = InterfaceNames.MarksOfHostAdapter(host.Instance, id);
        string number = index is { } wanted ? string.Create(CultureInfo.InvariantCulture, $" index {wanted}") : "";
        List<string> lines =
        [
            $"link add name {link}{(vlan == 0 ? number : "")} address {address} type veth peer name {port}",
            $"link property add dev {port} altname {portMark}",

            // Only the adapter itself has addresses.
            $"link set dev {port} addrgenmode none",
        ];
        if (vlan != 0)
        {
            lines.Add($"link property add dev {link} altname {linkMark}");
            lines.Add($"link set dev {link} addrgenmode none");
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"link add link {link} name {adapter}{number} address {address} type vlan id {vlan}"));
        }

        lines.Add($"link property add dev {adapter} altname {adapterMark}");
        return host.IpBatchAsync($"make the network adapter '{adapter}' of this host", lines);
    }

    /// <summary>Fails where the kernel has no VLAN interfaces; leaves nothing behind.</summary>
    /// <param name="id">The adapter that needs one.</param>
    /// <param name="bridge">The bridge of its switch.</param>
    /// <exception cref="HostNetworkException">It has none.</exception>
    public async Task RequireVlansAsync(Guid id, string bridge)
    {
        // Tried where it harms nothing: the adapter goes on while it is not known.
        string name = InterfaceNames.HostAdapterLink(id);
        if (await _links.FindAsync(name).ConfigureAwait(false) is not null)
        {
            return;
        }

        CommandResult result = await host.TryAsync("ip", ["link", "add", "link", bridge, "name", name, "type", "vlan", "id", "1"]).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw result.Error.Contains(UnknownKind, StringComparison.Ordinal)
                ? new HostNetworkException(
                    HostNetworkProblem.Unsupported,
                    "An adapter of this host in a VLAN needs VLAN interfaces, which this kernel does not have: the module 8021q (CONFIG_VLAN_8021Q) is missing. "
                    + "Load it, with: modprobe 8021q. Or use another kernel.")
                : new HostNetworkException(HostNetworkProblem.Failed, $"Cannot make a VLAN interface: ip said: {result.Error.Trim()}");
        }

        await _links.DeleteAsync(name).ConfigureAwait(false);
    }

    /// <summary>Removes the interfaces of an adapter; what is not there is no hindrance.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task RemoveAsync(Guid id)
    {
        // With one end of the pair goes the other, and with that the VLAN interface on it.
        await _links.DeleteAsync(InterfaceNames.HostAdapterPort(id)).ConfigureAwait(false);
    }

    /// <summary>Sets the hardware address of an adapter.</summary>
    /// <param name="id">The adapter.</param>
    /// <param name="address">The address.</param>
    /// <param name="vlan">Its VLAN; 0 for none.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetAddressAsync(Guid id, string address, int vlan)
    {
        string adapter = InterfaceNames.HostAdapter(id);
        List<string> lines = [$"link set dev {adapter} address {address}"];
        if (vlan != 0)
        {
            lines.Add($"link set dev {InterfaceNames.HostAdapterLink(id)} address {address}");
        }

        return host.IpBatchAsync($"set the hardware address of '{adapter}'", lines);
    }

    /// <summary>Sets the largest packet of an adapter. Its port carries no less than others, since the bridge goes by the smallest.</summary>
    /// <param name="id">The adapter.</param>
    /// <param name="mtu">Bytes.</param>
    /// <param name="vlan">Its VLAN; 0 for none.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetMtuAsync(Guid id, int mtu, int vlan)
    {
        string most = Math.Max(mtu, UsualMtu).ToString(CultureInfo.InvariantCulture);
        List<string> lines = [$"link set dev {InterfaceNames.HostAdapterPort(id)} mtu {most}"];
        if (vlan != 0)
        {
            lines.Add($"link set dev {InterfaceNames.HostAdapterLink(id)} mtu {most}");
        }

        lines.Add(string.Create(CultureInfo.InvariantCulture, $"link set dev {InterfaceNames.HostAdapter(id)} mtu {mtu}"));
        return host.IpBatchAsync($"set the largest packet of '{InterfaceNames.HostAdapter(id)}'", lines);
    }

    /// <summary>Switches the interface below an adapter in a VLAN on.</summary>
    /// <param name="id">The adapter.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetLinkUpAsync(Guid id) => _links.SetUpAsync(InterfaceNames.HostAdapterLink(id), true);

    /// <summary>Limits what leaves an adapter of this host, with bursts of a tenth of a second (tc-tbf(8)).</summary>
    /// <param name="link">Its interface as it is.</param>
    /// <param name="bitsPerSecond">Bits a second on average; 0 for no limit.</param>
    /// <exception cref="HostNetworkException">The kernel refused, or has no such limit.</exception>
    public async Task LimitAsync(KernelLink link, long bitsPerSecond)
    {
        if (bitsPerSecond == 0)
        {
            if (link.Queue == "tbf")
            {
                _ = await host.RunAsync($"take the limit from '{link.Name}'", "tc", ["qdisc", "delete", "dev", link.Name, "root"]).ConfigureAwait(false);
            }

            return;
        }

        // The bucket holds one packet at least.
        long burst = Math.Clamp(bitsPerSecond / 80, 2L * Math.Max(link.Mtu, UsualMtu), int.MaxValue);
        CommandResult result = await host.TryAsync(
            "tc",
            [
                "qdisc", "replace", "dev", link.Name, "root", "tbf", "rate", string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond}bit"),
                "burst", burst.ToString(CultureInfo.InvariantCulture), "latency", "100ms",
            ]).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw result.Error.Contains("qdisc kind is unknown", StringComparison.Ordinal)
                ? new HostNetworkException(
                    HostNetworkProblem.Unsupported,
                    $"The bandwidth of '{link.Name}' cannot be limited: this kernel has no token bucket, the module sch_tbf (CONFIG_NET_SCH_TBF) is missing. Load it, with: modprobe sch_tbf")
                : new HostNetworkException(
                    HostNetworkProblem.Failed,
                    $"Cannot limit the bandwidth of '{link.Name}' to {bitsPerSecond} bits a second: tc said: {result.Error.Trim()}");
        }
    }
}
