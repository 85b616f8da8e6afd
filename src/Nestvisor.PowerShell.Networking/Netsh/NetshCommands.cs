using System.Net;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Netsh;

/// <summary>The commands of netsh that there are.</summary>
/// <param name="state">The interfaces.</param>
/// <param name="change">Changes them.</param>
/// <param name="print">Prints a line.</param>
/// <param name="warn">Told what the user should know.</param>
internal sealed class NetshCommands(NetworkState state, HostAdapterChange change, Action<string> print, Action<string> warn)
{
    /// <summary>Does what a command line says.</summary>
    /// <exception cref="ApiException">It cannot be done.</exception>
    public void Run(NetshLine line)
    {
        switch ($"{line.Verb} {line.Noun}")
        {
            case "add dnsservers":
                AddDns(line);
                break;
            case "set dnsservers":
                SetDns(line);
                break;
            case "delete dnsservers":
                DeleteDns(line);
                break;
            case "show dnsservers":
                ShowDns(line);
                break;
            case "add address":
                AddAddress(line, replaces: false);
                break;
            case "set address":
                SetAddress(line);
                break;
            default:
                DeleteAddress(line);
                break;
        }
    }

    private void AddDns(NetshLine line)
    {
        Dictionary<string, string> values = line.Bind("name", "address", "index", "validate");
        NetAdapter adapter = Adapter(values);
        string server = Server(line, values);
        List<string> servers = [.. Servers(adapter, line.Family).Where(old => old != server)];
        int place = values.TryGetValue("index", out string? index)
            ? int.TryParse(index, out int number) && number > 0 ? number : throw ApiException.InvalidArgument($"netsh: index={index} is not a place of the list, 1 for the first.")
            : servers.Count + 1;
        servers.Insert(Math.Min(place - 1, servers.Count), server);
        Set(adapter, servers, values);
    }

    private void SetDns(NetshLine line)
    {
        Dictionary<string, string> values = line.Bind("name", "source", "address", "register", "validate");
        NetAdapter adapter = Adapter(values);
        if (values.TryGetValue("register", out string? register) && !register.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.NotSupported($"netsh set dnsservers register={register} is not supported: Nestvisor registers no names in the DNS. Use register=none.");
        }

        if (Source(values, "static") == "dhcp")
        {
            change.SetDns(adapter, null, validate: false);
            return;
        }

        bool none = values.TryGetValue("address", out string? given) && given.Equals("none", StringComparison.OrdinalIgnoreCase);
        Set(adapter, none ? [] : [Server(line, values)], values, line.Family);
    }

    private void DeleteDns(NetshLine line)
    {
        Dictionary<string, string> values = line.Bind("name", "address", "validate");
        NetAdapter adapter = Adapter(values);
        List<string> servers = Servers(adapter, line.Family);
        if (values.GetValueOrDefault("address", "all").Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            servers.Clear();
        }
        else if (!servers.Remove(Server(line, values)))
        {
            throw ApiException.NotFound($"Element not found. {values["address"]} is not a DNS server of '{adapter.Name}'.");
        }

        Set(adapter, servers, values, line.Family);
    }

    private void ShowDns(NetshLine line)
    {
        string? name = line.Bind("name").GetValueOrDefault("name");
        NetAdapter? only = name is null ? null : state.Find(name, null);
        foreach (DnsClientServerAddress item in state.DnsServers()
            .Where(item => item.AddressFamily == line.Family && (only is null || item.InterfaceIndex == only.InterfaceIndex)))
        {
            print("");
            print($"Configuration for interface \"{item.InterfaceAlias}\"");
            print($"    DNS Servers:                          {(item.ServerAddresses.Length == 0 ? "None" : string.Join(", ", item.ServerAddresses))}");
        }
    }

    private void SetAddress(NetshLine line)
    {
        Dictionary<string, string> values = line.Bind("name", "source", "address", "mask", "gateway", "gwmetric");
        if (Source(values, "static") == "dhcp")
        {
            throw ApiException.NotSupported("netsh set address source=dhcp is not supported: DHCP clients are programs of their own.");
        }

        AddAddress(line, replaces: true);
    }

    private void AddAddress(NetshLine line, bool replaces)
    {
        Dictionary<string, string> values = replaces
            ? line.Bind("name", "source", "address", "mask", "gateway", "gwmetric")
            : line.Bind("name", "address", "mask", "gateway", "gwmetric");
        if (values.TryGetValue("gwmetric", out string? metric))
        {
            throw ApiException.NotSupported($"netsh {line.Verb} address gwmetric={metric} is not supported. Use New-NetRoute 0.0.0.0/0 -RouteMetric {metric}.");
        }

        NetAdapter adapter = Adapter(values);
        (IPAddress address, int length) = Address(line, values);
        bool hasGateway = values.TryGetValue("gateway", out string? gateway) && !gateway.Equals("none", StringComparison.OrdinalIgnoreCase);
        NetIPAddress[] old = [.. state.Addresses().Where(own => own.InterfaceIndex == adapter.InterfaceIndex && own.AddressFamily == line.Family
            && own.PrefixOrigin != PrefixOrigin.WellKnown && own.Plain != address.ToString())];

        // The new address first: if it cannot be, the old ones stay.
        change.Add(adapter, new AddHostAddressRequest
        {
            Address = address.ToString(),
            PrefixLength = length,
            DefaultGateway = hasGateway ? Prefix.Address(gateway!, "netsh gateway").ToString() : null,
        });
        foreach (NetIPAddress former in replaces ? old : [])
        {
            change.Remove(former);
        }
    }

    private void DeleteAddress(NetshLine line)
    {
        Dictionary<string, string> values = line.Bind("name", "address");
        NetAdapter adapter = Adapter(values);
        string address = Prefix.Address(Needed(values, "address"), "netsh address").ToString();
        change.Remove(state.Addresses().FirstOrDefault(own => own.InterfaceIndex == adapter.InterfaceIndex && own.Plain == address)
            ?? throw ApiException.NotFound($"Element not found. {address} is not an address of '{adapter.Name}'."));
    }

    private (IPAddress Address, int Length) Address(NetshLine line, Dictionary<string, string> values)
    {
        string[] parts = Needed(values, "address").Split('/');
        IPAddress address = OfFamily(line, Prefix.Address(parts[0], "netsh address"));
        int bits = Prefix.Bits(address);
        if (parts.Length == 2 && int.TryParse(parts[1], out int length) && length > 0 && length <= bits)
        {
            return (address, length);
        }

        if (parts.Length > 1)
        {
            throw ApiException.InvalidArgument($"netsh: address={values["address"]} is not an address with the length of its prefix.");
        }

        if (!values.TryGetValue("mask", out string? mask))
        {
            return (address, bits);
        }

        uint ones = BitConverter.ToUInt32([.. Prefix.Address(mask, "netsh mask").GetAddressBytes().Take(4).Reverse()]);
        return bits == 32 && ones != 0 && (~ones & (~ones + 1)) == 0
            ? (address, uint.PopCount(ones) is var count ? (int)count : 0)
            : throw ApiException.InvalidArgument($"netsh: mask={mask} is not a mask such as 255.255.255.0.");
    }

    private NetAdapter Adapter(Dictionary<string, string> values)
    {
        string name = Needed(values, "name");
        return uint.TryParse(name, out uint index) ? state.Find(null, index) : state.Find(name, null);
    }

    private List<string> Servers(NetAdapter adapter, AddressFamily family) =>
        [.. state.DnsServers().Where(item => item.InterfaceIndex == adapter.InterfaceIndex && item.AddressFamily == family).SelectMany(item => item.ServerAddresses)];

    // Windows looks whether a server answers, unless told not to, and takes one that does not all the same.
    private void Set(NetAdapter adapter, List<string> servers, Dictionary<string, string> values, AddressFamily? emptied = null)
    {
        bool validate = values.GetValueOrDefault("validate", "yes").ToUpperInvariant() switch
        {
            "YES" => true,
            "NO" => false,
            var other => throw ApiException.InvalidArgument($"netsh: validate={other} is neither yes nor no."),
        };
        IReadOnlyList<string> all = servers.Count > 0 || emptied is null ? servers : Servers(adapter, emptied == AddressFamily.IPv4 ? AddressFamily.IPv6 : AddressFamily.IPv4);
        change.SetDns(adapter, all, validate: false);
        if (validate)
        {
            foreach (string server in servers.Where(server => !change.Answers(server)))
            {
                warn($"The DNS server {server} does not answer. It has been set all the same; validate=no leaves the question out.");
            }
        }
    }

    private static string Server(NetshLine line, Dictionary<string, string> values) =>
        OfFamily(line, Prefix.Address(Needed(values, "address"), "netsh address")).ToString();

    private static IPAddress OfFamily(NetshLine line, IPAddress address) => Prefix.FamilyOf(address.ToString()) == line.Family
        ? address
        : throw ApiException.InvalidArgument($"netsh: {address} is not an address of {line.Family}.");

    private static string Source(Dictionary<string, string> values, string otherwise) => values.GetValueOrDefault("source", otherwise).ToUpperInvariant() switch
    {
        "STATIC" => "static",
        "DHCP" => "dhcp",
        var other => throw ApiException.InvalidArgument($"netsh: source={other} is neither static nor dhcp."),
    };

    private static string Needed(Dictionary<string, string> values, string name) => values.GetValueOrDefault(name)
        ?? throw ApiException.InvalidArgument($"netsh: {name}= is missing.");
}
