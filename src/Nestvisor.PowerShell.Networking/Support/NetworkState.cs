using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>The interfaces of the host at one moment, and what belongs to them; what is not needed is not asked for.</summary>
internal sealed class NetworkState
{
    private const string HostPortDescription = "Hyper-V Virtual Ethernet Adapter";

    private readonly NestvisorClient _client;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<uint, NetAdapter> _byIndex;

    private NetworkState(NestvisorClient client, IReadOnlyList<NetAdapter> adapters, CancellationToken cancellation)
    {
        _client = client;
        _cancellation = cancellation;
        Adapters = adapters;
        _byIndex = adapters.ToDictionary(adapter => adapter.InterfaceIndex);
    }

    /// <summary>All interfaces, by their numbers.</summary>
    public IReadOnlyList<NetAdapter> Adapters { get; }

    /// <summary>Whether they are those of a user's own network namespace, which this process is not in.</summary>
    public bool IsUsers => Adapters.Any(adapter => adapter.IsWayOut);

    /// <summary>Asks for the interfaces.</summary>
    /// <exception cref="ApiException">The service cannot tell.</exception>
    public static NetworkState Load(NestvisorClient client, CancellationToken cancellation)
    {
        IReadOnlyList<InterfaceInfo> links = client.GetInterfacesAsync(cancellation).GetAwaiter().GetResult();
        Dictionary<int, HostAdapterInfo> adapters = client.GetHostAdaptersAsync(cancellation).GetAwaiter().GetResult().ToDictionary(adapter => adapter.Index);
        List<NetAdapter> built = [];
        int ports = 0;
        foreach (InterfaceInfo link in links.OrderBy(link => link.Index))
        {
            HostAdapterInfo? adapter = adapters.GetValueOrDefault(link.Index);
            built.Add(new NetAdapter(link, adapter, link.IsHostPort ? PortDescription(++ports) : Description(link, adapter)));
        }

        return new NetworkState(client, built, cancellation);
    }

    /// <summary>The IP addresses, by interface; those that -PolicyStore names.</summary>
    /// <param name="store">The store; null for what is in use.</param>
    public IEnumerable<NetIPAddress> Addresses(string? store = null)
    {
        bool kept = IsPersistent(store);
        return _client.GetAddressesAsync(_cancellation).GetAwaiter().GetResult()
            .Where(address => (!kept || address.IsPersistent) && _byIndex.ContainsKey((uint)address.InterfaceIndex))
            .OrderBy(address => address.InterfaceIndex)
            .Select(address => new NetIPAddress(address, _byIndex[(uint)address.InterfaceIndex]));
    }

    /// <summary>The routes of the main table; those that -PolicyStore names.</summary>
    /// <param name="store">The store; null for what is in use.</param>
    public IEnumerable<NetRoute> Routes(string? store = null)
    {
        bool kept = IsPersistent(store);
        return _client.GetRoutesAsync(_cancellation).GetAwaiter().GetResult()
            .Where(route => (!kept || route.IsPersistent) && _byIndex.ContainsKey((uint)route.InterfaceIndex))
            .Select(route => new NetRoute(route, _byIndex[(uint)route.InterfaceIndex]));
    }

    /// <summary>What the interfaces do with IPv4 and IPv6.</summary>
    /// <param name="store">The store; null for what is in use.</param>
    public IEnumerable<NetIPInterface> Interfaces(string? store = null)
    {
        if (IsPersistent(store))
        {
            throw ApiException.NotSupported("Settings of interfaces are kept by this host's own configuration, not by Nestvisor: there is only the ActiveStore.");
        }

        HashSet<int> dynamic = [.. _client.GetAddressesAsync(_cancellation).GetAwaiter().GetResult()
            .Where(address => address.IsDynamic && Prefix.FamilyOf(address.Address) == AddressFamily.IPv4)
            .Select(address => address.InterfaceIndex)];
        foreach (NetAdapter adapter in Adapters)
        {
            bool isDynamic = dynamic.Contains((int)adapter.InterfaceIndex);
            if (adapter.IPv6 is { } six)
            {
                yield return new NetIPInterface(adapter, AddressFamily.IPv6, six, isDynamic);
            }

            if (adapter.IPv4 is { } four)
            {
                yield return new NetIPInterface(adapter, AddressFamily.IPv4, four, isDynamic);
            }
        }
    }

    /// <summary>The DNS servers of all interfaces but the host's ends of virtual machines' adapters, IPv4 before IPv6.</summary>
    public IEnumerable<DnsClientServerAddress> DnsServers()
    {
        foreach (DnsServersInfo servers in _client.GetDnsServersAsync(_cancellation).GetAwaiter().GetResult().OrderBy(servers => servers.InterfaceIndex))
        {
            if (_byIndex.TryGetValue((uint)servers.InterfaceIndex, out NetAdapter? adapter))
            {
                yield return new DnsClientServerAddress(adapter, AddressFamily.IPv4, servers.Servers);
                yield return new DnsClientServerAddress(adapter, AddressFamily.IPv6, servers.Servers);
            }
        }
    }

    /// <summary>The one interface that a command was told to use.</summary>
    /// <param name="alias">Its name; null if its number is given.</param>
    /// <param name="index">Its number.</param>
    /// <exception cref="ApiException">There is none, or several have the name.</exception>
    public NetAdapter Find(string? alias, uint? index)
    {
        if (alias is null)
        {
            return _byIndex.GetValueOrDefault(index ?? 0)
                ?? throw ApiException.InvalidArgument($"Invalid parameter InterfaceIndex {index}: no network adapter has this number. Get-NetAdapter shows those that there are.");
        }

        NetAdapter[] found = [.. Adapters.Where(adapter => adapter.Names.Contains(alias, StringComparer.OrdinalIgnoreCase))];
        return found switch
        {
            [NetAdapter one] => one,
            [] when Prefix.IsPlaceholder(alias) => throw ApiException.InvalidArgument($"Invalid parameter InterfaceAlias: '{alias}' is a placeholder. Put a network adapter's name in its place."),
            [] => throw ApiException.InvalidArgument($"Invalid parameter InterfaceAlias {alias}: no network adapter has this name. Get-NetAdapter shows those that there are."),
            _ => throw ApiException.InvalidArgument($"Invalid parameter InterfaceAlias {alias}: {found.Length} network adapters have this name. Use -InterfaceIndex."),
        };
    }

    // ActiveStore: what is in use. PersistentStore: what Nestvisor sets again when the host has been started anew.
    private static bool IsPersistent(string? store) => store?.ToUpperInvariant() switch
    {
        null or "ACTIVESTORE" => false,
        "PERSISTENTSTORE" => true,
        _ => throw ApiException.InvalidArgument($"PolicyStore: '{store}' is neither ActiveStore nor PersistentStore."),
    };

    private static string PortDescription(int number) => number == 1 ? HostPortDescription : $"{HostPortDescription} #{number}";

    private static string Description(InterfaceInfo link, HostAdapterInfo? adapter) => (link.Kind, adapter?.Driver) switch
    {
        _ when link.IsWayOut => $"Way Out by pasta ({link.Name})",
        _ when link.IsLoopback => $"Software Loopback Interface ({link.Name})",
        (_, { } driver) => $"{driver} Network Adapter ({link.Name})",
        ("bridge", _) => $"Linux Bridge ({link.Name})",
        ("veth", _) => $"Virtual Ethernet Pair ({link.Name})",
        ("tun", _) => $"TUN/TAP Adapter ({link.Name})",
        ({ Length: > 0 } kind, _) => $"Linux {kind} Interface ({link.Name})",
        _ => $"Network Interface ({link.Name})",
    };
}
