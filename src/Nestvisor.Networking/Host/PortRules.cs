using System.Globalization;
using System.Text;
using System.Text.Json;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The rules that the kernel holds guests to, whatever their worker does: table <c>bridge nestvisor_INSTANCE</c> with a chain for each TAP
/// interface, where foreign source addresses and VLAN tags are counted and dropped, and a set of the ports from which and to which this
/// host does not speak.
/// </summary>
/// <param name="host">Where they are.</param>
public sealed class PortRules(NetworkHost host)
{
    private const string Spoofed = "_spoofed";
    private const string Tagged = "_vlan";
    private const string Receives = "_in";

    /// <summary>Name of the table.</summary>
    public string Table { get; } = "nestvisor_" + host.Instance;

    /// <summary>Sets the rules of a port, new or changed; its counters go on.</summary>
    /// <param name="tap">The TAP interface, which need not be there yet.</param>
    /// <param name="policy">What may pass.</param>
    /// <param name="hidden">Whether the port and this host do not hear each other.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetAsync(string tap, PortPolicy policy, bool hidden)
    {
        StringBuilder script = Begin();
        Line(script, $"add counter bridge {Table} {tap}{Spoofed}");
        Line(script, $"add counter bridge {Table} {tap}{Tagged}");
        Line(script, $"add chain bridge {Table} {tap}");
        Line(script, $"flush chain bridge {Table} {tap}");
        if (!policy.MacAddressSpoofing)
        {
            Line(script, $"add rule bridge {Table} {tap} ether saddr != {policy.Address} counter name \"{tap}{Spoofed}\" drop");
        }

        foreach (string match in TagMatches(policy.Vlan))
        {
            Line(script, $"add rule bridge {Table} {tap} {match} counter name \"{tap}{Tagged}\" drop");
        }

        Line(script, $"add element bridge {Table} ports {{ \"{tap}\" : jump {tap} }}");
        Hide(script, tap, hidden);
        return host.NftAsync($"set the rules of '{tap}'", script.ToString());
    }

    /// <summary>
    /// Sets the rules of a further adapter of this host, new or changed: what it may send, as of a guest's port, and that it gets frames of its VLAN
    /// only. The bridge itself does not hear it, nor it the bridge: both are this host.
    /// </summary>
    /// <param name="port">Its port on the bridge, which need not be there yet.</param>
    /// <param name="policy">What may pass.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task SetHostAdapterAsync(string port, PortPolicy policy)
    {
        await SetAsync(port, policy, hidden: true).ConfigureAwait(false);
        StringBuilder script = BeginReceivers(port);
        foreach (string match in TagMatches(policy.Vlan))
        {
            Line(script, $"add rule bridge {Table} {port}{Receives} {match} counter drop");
        }

        Line(script, $"add element bridge {Table} receivers {{ \"{port}\" : jump {port}{Receives} }}");
        await host.NftAsync($"set the rules of '{port}'", script.ToString()).ConfigureAwait(false);
    }

    /// <summary>Removes the rules of a further adapter of this host; does nothing if there are none.</summary>
    /// <param name="port">Its port on the bridge.</param>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task RemoveHostAdapterAsync(string port)
    {
        await RemoveAsync(port).ConfigureAwait(false);
        StringBuilder script = BeginReceivers(port);
        Line(script, $"add element bridge {Table} receivers {{ \"{port}\" : jump {port}{Receives} }}");
        Line(script, $"delete element bridge {Table} receivers {{ \"{port}\" }}");
        Line(script, $"delete chain bridge {Table} {port}{Receives}");
        await host.NftAsync($"remove the rules of '{port}'", script.ToString()).ConfigureAwait(false);
    }

    /// <summary>Sets whether a port, such as the uplink of a switch, and this host hear each other.</summary>
    /// <param name="port">The interface.</param>
    /// <param name="hidden">Whether they do not.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetHiddenAsync(string port, bool hidden)
    {
        StringBuilder script = Begin();
        Hide(script, port, hidden);
        return host.NftAsync($"set the rules of '{port}'", script.ToString());
    }

    /// <summary>Removes the rules and counters of a port; does nothing if there are none.</summary>
    /// <param name="tap">The TAP interface.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task RemoveAsync(string tap)
    {
        // What is not there is added first: nft 1.0.6 has no command that removes it if it is there.
        StringBuilder script = Begin();
        Line(script, $"add counter bridge {Table} {tap}{Spoofed}");
        Line(script, $"add counter bridge {Table} {tap}{Tagged}");
        Line(script, $"add chain bridge {Table} {tap}");
        Line(script, $"add element bridge {Table} ports {{ \"{tap}\" : jump {tap} }}");
        Line(script, $"delete element bridge {Table} ports {{ \"{tap}\" }}");
        Line(script, $"flush chain bridge {Table} {tap}");
        Line(script, $"delete chain bridge {Table} {tap}");
        Line(script, $"delete counter bridge {Table} {tap}{Spoofed}");
        Line(script, $"delete counter bridge {Table} {tap}{Tagged}");
        Hide(script, tap, hidden: false);
        return host.NftAsync($"remove the rules of '{tap}'", script.ToString());
    }

    /// <summary>Removes the table with all of its rules; does nothing if there is none.</summary>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task RemoveAllAsync() => host.NftAsync("remove the rules of ports", $"add table bridge {Table}\ndelete table bridge {Table}\n");

    /// <summary>What has been dropped at a port.</summary>
    /// <param name="tap">The TAP interface.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Frames with a foreign source address and frames with a wrong tag; 0 where there are no rules.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<(long Spoofed, long Tagged)> ReadCountersAsync(string tap, CancellationToken cancellation)
    {
        string output = await host.RunAsync("read the counters of ports", "nft", ["-j", "list", "counters"], "", cancellation).ConfigureAwait(false);
        using JsonDocument answer = JsonDocument.Parse(output);
        (long Spoofed, long Tagged) counts = (0, 0);
        foreach (JsonElement entry in answer.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (entry.TryGetProperty("counter", out JsonElement counter) && counter.GetProperty("table").GetString() == Table)
            {
                long packets = counter.GetProperty("packets").GetInt64();
                string? name = counter.GetProperty("name").GetString();
                counts = name == tap + Spoofed ? (packets, counts.Tagged) : name == tap + Tagged ? (counts.Spoofed, packets) : counts;
            }
        }

        return counts;
    }

    // What is on the wire of the switch: the worker has put on the tag of a port that has one.
    private static IEnumerable<string> TagMatches(PortVlan vlan)
    {
        yield return "ether type { 0x88a8, 0x9100 }";
        if (vlan is { IsTrunk: false, Id: 0 })
        {
            // VLAN 0 is a tag that only gives a priority.
            yield return "vlan id != 0";
            yield break;
        }

        if (vlan.Id != 0)
        {
            yield return "ether type != 0x8100";
        }

        yield return $"vlan id != {{ {string.Join(", ", Ranges(vlan))} }}";
    }

    private static List<string> Ranges(PortVlan vlan)
    {
        List<string> ranges = vlan is { IsTrunk: true, Id: 0 } ? ["0"] : [];
        int first = 0;
        for (int id = 1; id <= PortVlan.MaxId + 1; id++)
        {
            bool passes = id <= PortVlan.MaxId && (id == vlan.Id || vlan.Allows(id));
            if (passes && first == 0)
            {
                first = id;
            }
            else if (!passes && first != 0)
            {
                ranges.Add(first == id - 1 ? $"{first}" : $"{first}-{id - 1}");
                first = 0;
            }
        }

        return ranges;
    }

    // All of it can be said again: what is there stays, the counters and the rules of other ports too.
    private StringBuilder Begin()
    {
        StringBuilder script = new();
        Line(script, $"add table bridge {Table}");
        Line(script, $"add map bridge {Table} ports {{ type ifname : verdict ; }}");
        Line(script, $"add set bridge {Table} hidden {{ type ifname ; }}");
        Line(script, $"add chain bridge {Table} from_guests {{ type filter hook prerouting priority -300 ; }}");
        Line(script, $"add chain bridge {Table} to_host {{ type filter hook input priority -300 ; }}");
        Line(script, $"add chain bridge {Table} from_host {{ type filter hook output priority -300 ; }}");
        Line(script, $"flush chain bridge {Table} from_guests");
        Line(script, $"flush chain bridge {Table} to_host");
        Line(script, $"flush chain bridge {Table} from_host");
        Line(script, $"add rule bridge {Table} from_guests iifname vmap @ports");
        Line(script, $"add rule bridge {Table} to_host iifname @hidden drop");
        Line(script, $"add rule bridge {Table} from_host oifname @hidden drop");
        return script;
    }

    private StringBuilder BeginReceivers(string port)
    {
        StringBuilder script = new();
        Line(script, $"add table bridge {Table}");
        Line(script, $"add map bridge {Table} receivers {{ type ifname : verdict ; }}");
        Line(script, $"add chain bridge {Table} to_receivers {{ type filter hook postrouting priority -300 ; }}");
        Line(script, $"flush chain bridge {Table} to_receivers");
        Line(script, $"add rule bridge {Table} to_receivers oifname vmap @receivers");
        Line(script, $"add chain bridge {Table} {port}{Receives}");
        Line(script, $"flush chain bridge {Table} {port}{Receives}");
        return script;
    }

    private void Hide(StringBuilder script, string port, bool hidden)
    {
        Line(script, $"add element bridge {Table} hidden {{ \"{port}\" }}");
        if (!hidden)
        {
            Line(script, $"delete element bridge {Table} hidden {{ \"{port}\" }}");
        }
    }

    private static void Line(StringBuilder script, FormattableString line) => script.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
