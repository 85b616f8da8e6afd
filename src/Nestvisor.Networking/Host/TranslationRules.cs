using System.Globalization;
using System.Net;
using System.Text;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The NATs of the kernel: table <c>ip nestvisor_INSTANCE</c>. It is always written whole, in one transaction; connections that exist are
/// kept by the kernel's connection tracking and go on.
/// </summary>
/// <param name="host">Where they are.</param>
public sealed class TranslationRules(NetworkHost host)
{
    private const string Everybody = "0.0.0.0/0";

    // The states of a TCP connection that is not established, as nft(8) names them.
    private static readonly string[] TransientStates = ["syn_sent", "syn_recv", "fin_wait", "close_wait", "last_ack", "time_wait"];

    /// <summary>Name of the table.</summary>
    public string Table { get; } = "nestvisor_" + host.Instance;

    /// <summary>Sets the NATs.</summary>
    /// <param name="networks">All of them; without any the table is removed.</param>
    /// <param name="adapters">The further adapters of this host, none if not given.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task SetAsync(IReadOnlyList<TranslatedNetwork> networks, IReadOnlyList<BridgedAdapter>? adapters = null) =>
        host.NftAsync("set the NATs", Script(networks, adapters ?? []));

    private string Script(IReadOnlyList<TranslatedNetwork> networks, IReadOnlyList<BridgedAdapter> adapters)
    {
        StringBuilder script = new();
        Line(script, $"add table ip {Table}");
        Line(script, $"delete table ip {Table}");
        if (networks.Count == 0)
        {
            return script.ToString();
        }

        Line(script, $"add table ip {Table}");
        Line(script, $"add chain ip {Table} incoming {{ type nat hook prerouting priority -100 ; }}");
        Line(script, $"add chain ip {Table} outgoing {{ type nat hook postrouting priority 100 ; }}");
        Line(script, $"add chain ip {Table} passing {{ type filter hook forward priority 0 ; }}");
        Line(script, $"add chain ip {Table} times {{ type filter hook prerouting priority -150 ; }}");
        AddAdapters(script, adapters);
        Line(script, $"add rule ip {Table} passing ct state established,related accept");
        Line(script, $"add rule ip {Table} passing ct status dnat accept");
        foreach (TranslatedNetwork network in networks)
        {
            // Behind a NAT nobody is reached but by its mappings.
            Line(script, $"add rule ip {Table} passing ip daddr {network.Prefix} ip saddr != {network.Prefix} drop");
            Line(script, $"add rule ip {Table} outgoing ip saddr {network.Prefix} ip daddr != {network.Prefix} ip daddr != {{ 224.0.0.0/4, 255.255.255.255 }} masquerade");

            // One machine that reaches another by a mapping must get its answers from where it sent to.
            Line(script, $"add rule ip {Table} outgoing ip saddr {network.Prefix} ip daddr {network.Prefix} ct status dnat masquerade");
            foreach (TranslatedPort port in network.Ports)
            {
                AddPort(script, port);
            }

            AddTimes(script, network);
        }

        return script.ToString();
    }

    // Where br_netfilter is on, a packet between a guest and a further adapter of this host is seen twice: on the bridge, and when this host routes it.
    // Known from the bridge already, it would not be translated by the second.
    private void AddAdapters(StringBuilder script, IReadOnlyList<BridgedAdapter> adapters)
    {
        if (adapters.Count == 0)
        {
            return;
        }

        Line(script, $"add chain ip {Table} bridged {{ type filter hook prerouting priority -300 ; }}");
        foreach (BridgedAdapter adapter in adapters)
        {
            Line(script, $"add rule ip {Table} bridged iifname \"{adapter.Bridge}\" ether saddr {adapter.Address} notrack");
            Line(script, $"add rule ip {Table} bridged iifname \"{adapter.Bridge}\" ether daddr {adapter.Address} notrack");
        }

        foreach (string bridge in adapters.Select(adapter => adapter.Bridge).Distinct())
        {
            Line(script, $"add rule ip {Table} passing iifname \"{bridge}\" oifname \"{bridge}\" ct state untracked accept");
        }
    }

    private void AddPort(StringBuilder script, TranslatedPort port)
    {
        string remote = port.Remote.ToString() == Everybody ? "" : $"ip saddr {port.Remote} ";
        string external = port.External.Equals(IPAddress.Any) ? "fib daddr type local" : $"ip daddr {port.External}";
        Line(script, $"add rule ip {Table} incoming {remote}{external} {(port.IsUdp ? "udp" : "tcp")} dport {port.ExternalPort} dnat to {port.Internal}:{port.InternalPort}");
    }

    private void AddTimes(StringBuilder script, TranslatedNetwork network)
    {
        List<string> states = [];
        if (network.EstablishedSeconds is { } established)
        {
            states.Add($"established : {established}");
        }

        if (network.TransientSeconds is { } transient)
        {
            states.AddRange(TransientStates.Select(state => $"{state} : {transient}"));
        }

        AddTime(script, network, "tcp", states);
        AddTime(script, network, "udp", network.DatagramSeconds is { } idle ? [$"unreplied : {idle}", $"replied : {idle}"] : []);
    }

    private void AddTime(StringBuilder script, TranslatedNetwork network, string protocol, List<string> states)
    {
        if (states.Count > 0)
        {
            string name = $"{protocol}_{network.Id:N}";
            Line(script, $"add ct timeout ip {Table} {name} {{ protocol {protocol} ; l3proto ip ; policy = {{ {string.Join(", ", states)} }} ; }}");
            Line(script, $"add rule ip {Table} times ip saddr {network.Prefix} meta l4proto {protocol} ct timeout set \"{name}\"");
        }
    }

    private static void Line(StringBuilder script, FormattableString line) => script.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
