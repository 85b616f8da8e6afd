using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nestvisor.Networking.Host;

/// <summary>
/// The way through firewalls that drop what is forwarded or comes in, as Docker and ufw set them up. An accept in a chain of ours does not
/// help there: each chain at the hook has to accept. So rules are put first into those chains, with a comment that marks them as ours, for
/// frames between ports of one of our bridges (which netfilter sees if br_netfilter is on), for packets of our NATs, and for questions to our
/// DHCP and name server.
/// </summary>
/// <param name="host">Where they are.</param>
public sealed class FirewallRules(NetworkHost host)
{
    private readonly string _comment = "nestvisor " + host.Instance;

    /// <summary>Puts the rules that are needed into each chain that drops, and takes out those that are not needed any more.</summary>
    /// <param name="bridges">Our bridges.</param>
    /// <param name="prefixes">Prefixes of our NATs.</param>
    /// <param name="served">The bridge on which this host gives addresses and names; null for none.</param>
    /// <returns>What could not be done and how to do it by hand, one text a chain; empty if all is well.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<IReadOnlyList<string>> SetAsync(IReadOnlyCollection<string> bridges, IReadOnlyCollection<IPv4Prefix> prefixes, string? served = null)
    {
        string output = await host.RunAsync("read the firewall's rules", "nft", ["-j", "-a", "list", "ruleset"]).ConfigureAwait(false);
        (List<FirewallChain> dropping, List<FirewallRule> ours) = Read(output);
        List<string> warnings = [];
        foreach (FirewallChain chain in dropping.Union(ours.Select(rule => rule.Chain)))
        {
            StringBuilder script = new();
            foreach (FirewallRule rule in ours.Where(rule => rule.Chain == chain))
            {
                Line(script, $"delete rule {chain.Family} {chain.Table} {chain.Name} handle {rule.Handle}");
            }

            string[] rules = dropping.Contains(chain) ? [.. chain.IsInput ? RulesForInput(chain, served) : RulesFor(chain, bridges, prefixes)] : [];
            foreach (string rule in rules)
            {
                Line(script, $"insert rule {chain.Family} {chain.Table} {chain.Name} {rule} comment \"{_comment}\"");
            }

            try
            {
                if (script.Length > 0)
                {
                    await host.NftAsync($"let virtual machines through the chain '{chain.Name}' of the table '{chain.Family} {chain.Table}'", script.ToString()).ConfigureAwait(false);
                }
            }
            catch (HostNetworkException error)
            {
                string commands = string.Join('\n', rules.Select(rule => $"nft insert rule {chain.Family} {chain.Table} {chain.Name} '{rule}'"));
                warnings.Add(
                    $"The firewall's chain '{chain.Name}' in the table '{chain.Family} {chain.Table}' drops what no rule accepts, so that virtual machines may not "
                    + $"{(chain.IsInput ? "get addresses from this host" : "reach each other or the network")}. {error.Message} As root, run:\n{commands}");
            }
        }

        return warnings;
    }

    /// <summary>Reads a rule set.</summary>
    /// <param name="output">What nft(8) says.</param>
    /// <returns>The chains that drop, and the rules of ours in any chain.</returns>
    internal (List<FirewallChain> Dropping, List<FirewallRule> Ours) Read(string output)
    {
        List<FirewallChain> dropping = [];
        List<FirewallRule> ours = [];
        Dictionary<FirewallChain, bool> endsInDrop = [];
        Dictionary<(string, string, string), FirewallChain> known = [];
        using JsonDocument answer = JsonDocument.Parse(output);
        foreach (JsonElement entry in answer.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (entry.TryGetProperty("chain", out JsonElement chain) && Text(chain, "hook") is "forward" or "input" && IsForeign(chain))
            {
                (string, string, string) name = NameOf(chain, "name");
                FirewallChain found = new(name.Item1, name.Item2, name.Item3, Text(chain, "hook") == "input");
                known[name] = found;
                endsInDrop[found] = Text(chain, "policy") == "drop";
            }
            else if (entry.TryGetProperty("rule", out JsonElement rule) && known.TryGetValue(NameOf(rule, "chain"), out FirewallChain? of))
            {
                if (Text(rule, "comment") == _comment)
                {
                    ours.Add(new FirewallRule(of, rule.GetProperty("handle").GetInt64()));
                }
                else if (DropsAll(rule))
                {
                    endsInDrop[of] = true;
                }
            }
        }

        foreach ((FirewallChain chain, bool drops) in endsInDrop)
        {
            if (drops)
            {
                dropping.Add(chain);
            }
        }

        return (dropping, ours);
    }

    private static IEnumerable<string> RulesFor(FirewallChain chain, IReadOnlyCollection<string> bridges, IReadOnlyCollection<IPv4Prefix> prefixes)
    {
        if (chain.Family == "bridge")
        {
            if (bridges.Count > 0)
            {
                yield return $"iifname \"{InterfaceNames.TapPrefix}*\" accept";
                yield return $"oifname \"{InterfaceNames.TapPrefix}*\" accept";
                yield return $"iifname \"{InterfaceNames.HostAdapterPortPrefix}*\" accept";
                yield return $"oifname \"{InterfaceNames.HostAdapterPortPrefix}*\" accept";
            }

            yield break;
        }

        foreach (string bridge in bridges)
        {
            yield return $"iifname \"{bridge}\" oifname \"{bridge}\" accept";
        }

        if (chain.Family is "ip" or "inet")
        {
            foreach (IPv4Prefix prefix in prefixes)
            {
                yield return $"ip saddr {prefix} accept";
                yield return $"ip daddr {prefix} ct state established,related accept";
                yield return $"ip daddr {prefix} ct status dnat accept";
            }
        }
    }

    private static IEnumerable<string> RulesForInput(FirewallChain chain, string? served)
    {
        if (served is not null && chain.Family is "ip" or "inet")
        {
            yield return $"iifname \"{served}\" udp dport {{ 53, 67 }} accept";
            yield return $"iifname \"{served}\" tcp dport 53 accept";
        }
    }

    // Without a condition: only what counts, logs and ends.
    private static bool DropsAll(JsonElement rule)
    {
        bool ends = false;
        if (rule.TryGetProperty("expr", out JsonElement expressions))
        {
            foreach (JsonElement expression in expressions.EnumerateArray())
            {
                foreach (JsonProperty statement in expression.EnumerateObject())
                {
                    if (statement.Name is "drop" or "reject")
                    {
                        ends = true;
                    }
                    else if (statement.Name is not ("counter" or "log"))
                    {
                        return false;
                    }
                }
            }
        }

        return ends;
    }

    private bool IsForeign(JsonElement chain) => Text(chain, "table") != "nestvisor_" + host.Instance;

    private static (string Family, string Table, string Name) NameOf(JsonElement element, string name) =>
        (Text(element, "family") ?? "", Text(element, "table") ?? "", Text(element, name) ?? "");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Line(StringBuilder script, FormattableString line) => script.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
