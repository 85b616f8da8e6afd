using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Management.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <content>The interfaces where the switches are, their addresses and routes.</content>
internal sealed partial class ManagedNetwork
{
    private const int SmallestMtu = 68;
    private const int LargestMtu = 65535;
    private const string TunKind = "tun";

    /// <summary>All interfaces.</summary>
    public Task<IReadOnlyList<InterfaceInfo>> DescribeInterfacesAsync(CancellationToken cancellation) => RunAsync(() => ListInterfacesAsync(cancellation), cancellation);

    /// <summary>The addresses of all interfaces.</summary>
    public Task<IReadOnlyList<InterfaceAddress>> DescribeAddressesAsync(CancellationToken cancellation) => RunAsync(() => ListAddressesAsync(cancellation), cancellation);

    /// <summary>The routes of the main table.</summary>
    public Task<IReadOnlyList<RouteInfo>> DescribeRoutesAsync(CancellationToken cancellation) => RunAsync(() => ListRoutesAsync(cancellation), cancellation);

    /// <summary>Changes the host's port on a switch.</summary>
    /// <returns>All interfaces then.</returns>
    /// <exception cref="ApiException">It is none, or it cannot be; then nothing has changed.</exception>
    public Task<IReadOnlyList<InterfaceInfo>> ChangeInterfaceAsync(int index, ChangeInterfaceRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            if (request.Mtu is < SmallestMtu or > LargestMtu)
            {
                throw ApiException.InvalidArgument($"{request.Mtu} is not a size of packets in bytes; it is {SmallestMtu} to {LargestMtu}.");
            }

            (HostKernel kernel, KernelLink link, HostPort old) = await FindHostPortAsync(index, "changed", cancellation).ConfigureAwait(false);
            SwitchConfiguration changed = old.WithInterface(request.IsEnabled, request.Mtu);
            await UndoList.RunAsync(async steps =>
            {
                if (request.Mtu is { } mtu && old.Adapter is { } adapter)
                {
                    await steps.DoAsync(
                        () => kernel.HostAdapters.SetMtuAsync(adapter.Id, mtu, adapter.Vlan),
                        () => kernel.HostAdapters.SetMtuAsync(adapter.Id, link.Mtu, adapter.Vlan)).ConfigureAwait(false);
                }
                else if (request.Mtu is { } size)
                {
                    await steps.DoAsync(() => kernel.Links.SetMtuAsync(link.Name, size), () => kernel.Links.SetMtuAsync(link.Name, link.Mtu)).ConfigureAwait(false);
                }

                // Switched on it gets the routes again that the kernel drops with the link.
                await steps.DoAsync(() => new SwitchKernel(kernel).BuildAsync(changed), () => new SwitchKernel(kernel).BuildAsync(old.Switch)).ConfigureAwait(false);
                Save(WithSwitch(changed));
            }).ConfigureAwait(false);
            return await ListInterfacesAsync(cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>Gives the host's port on a switch an address.</summary>
    /// <returns>All addresses then.</returns>
    /// <exception cref="ApiException">It is none, or it cannot be; then nothing has changed.</exception>
    public Task<IReadOnlyList<InterfaceAddress>> AddAddressAsync(int index, AddAddressRequest request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            (HostKernel kernel, KernelLink link, HostPort old) = await FindHostPortAsync(index, "given addresses", cancellation).ConfigureAwait(false);
            IReadOnlyList<KernelAddresses> present = await HostAddressRules.PresentAsync(kernel, cancellation).ConfigureAwait(false);
            IPAddress address = HostAddressRules.Check(request.Address, request.PrefixLength, present);
            HostPortAddress added = new() { Address = address.ToString(), PrefixLength = request.PrefixLength };
            HostPortRoute? route = null;
            if (request.DefaultGateway is { } gateway)
            {
                bool ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
                IReadOnlyList<KernelRoute> routes = await kernel.Addresses.ListRoutesAsync(ipv6, cancellation: cancellation).ConfigureAwait(false);
                IPAddress hop = HostAddressRules.CheckGateway(gateway, address, request.PrefixLength, link.Name, present, routes);

                // The host's own default route stays the first.
                route = new HostPortRoute { Destination = ipv6 ? "::/0" : "0.0.0.0/0", NextHop = hop.ToString(), Metric = HostAddressChanges.MetricAfter(routes, "default", ipv6) ?? 0 };
            }

            HostPort with = old.Of(old.WithAddresses([.. old.Addresses, added]));
            SwitchConfiguration changed = route is null ? with.Switch : with.WithRoutes([.. old.Routes, route]);
            await UndoList.RunAsync(async steps =>
            {
                await steps.DoAsync(
                    () => kernel.Addresses.AddAsync(link.Name, added.Address, added.PrefixLength),
                    () => kernel.Addresses.RemoveAsync(link.Name, added.Address, added.PrefixLength)).ConfigureAwait(false);
                if (route is not null)
                {
                    await kernel.Addresses.AddRouteAsync(link.Name, route.Destination, route.NextHop, route.Metric).ConfigureAwait(false);
                }

                Save(WithSwitch(changed));
            }).ConfigureAwait(false);
            return await ListAddressesAsync(cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>Takes an address from the host's port on a switch.</summary>
    /// <exception cref="ApiException">It has none such, or it cannot be.</exception>
    public Task RemoveAddressAsync(int index, string text, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            IPAddress address = ParseAddress(text);
            (HostKernel kernel, KernelLink link, HostPort old) = await FindHostPortAsync(index, "taken addresses from", cancellation).ConfigureAwait(false);
            IReadOnlyList<InterfaceAddress> all = await ListAddressesAsync(cancellation).ConfigureAwait(false);
            InterfaceAddress? there = all.FirstOrDefault(one => one.InterfaceIndex == index && IPAddress.Parse(one.Address).Equals(address));
            List<HostPortAddress> rest = [.. old.Addresses.Where(one => one.Address != address.ToString())];
            if (there is null && rest.Count == old.Addresses.Count)
            {
                throw ApiException.NotFound($"The network interface '{old.Alias}' has no address {address}.");
            }

            if (there is not null)
            {
                await new HostAddressChanges(kernel).RemoveAsync(link.Name, address.ToString(), cancellation).ConfigureAwait(false);
            }

            Save(WithSwitch(old.WithAddresses(rest)));
            return true;
        },
        cancellation);

    /// <summary>Adds a route over the host's port on a switch.</summary>
    /// <returns>All routes then.</returns>
    /// <exception cref="ApiException">It is none, or it cannot be; then nothing has changed.</exception>
    public Task<IReadOnlyList<RouteInfo>> AddRouteAsync(RouteInfo request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            HostPortRoute route = ParseRoute(request);
            (HostKernel kernel, KernelLink link, HostPort old) = await FindHostPortAsync(request.InterfaceIndex, "given routes", cancellation).ConfigureAwait(false);
            if ((await ListRoutesAsync(cancellation).ConfigureAwait(false)).Any(one => IsSame(one, request)))
            {
                throw ApiException.InvalidArgument($"There is a route to {route.Destination} over '{old.Alias}' already.");
            }

            route = route with { Metric = await FreeMetricAsync(kernel, route, cancellation).ConfigureAwait(false) };
            await UndoList.RunAsync(async steps =>
            {
                await steps.DoAsync(
                    () => kernel.Addresses.AddRouteAsync(link.Name, route.Destination, route.NextHop, route.Metric),
                    () => kernel.Addresses.RemoveRouteAsync(link.Name, route.Destination, route.NextHop, route.Metric)).ConfigureAwait(false);
                Save(WithSwitch(old.WithRoutes([.. old.Routes, route])));
            }).ConfigureAwait(false);
            return await ListRoutesAsync(cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>Removes a route over the host's port on a switch.</summary>
    /// <exception cref="ApiException">There is none such, or it cannot be.</exception>
    public Task RemoveRouteAsync(RouteInfo request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            HostPortRoute route = ParseRoute(request);
            (HostKernel kernel, KernelLink link, HostPort old) = await FindHostPortAsync(request.InterfaceIndex, "taken routes from", cancellation).ConfigureAwait(false);
            List<HostPortRoute> rest = [.. old.Routes.Where(one => one.Destination != route.Destination || one.NextHop != route.NextHop)];
            RouteInfo? there = (await ListRoutesAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(one => IsSame(one, request));
            if (there is null && rest.Count == old.Routes.Count)
            {
                throw ApiException.NotFound($"There is no route to {route.Destination} by {request.NextHop} over '{old.Alias}'.");
            }

            if (there is not null)
            {
                await kernel.Addresses.RemoveRouteAsync(link.Name, route.Destination, route.NextHop, there.Metric).ConfigureAwait(false);
            }

            Save(WithSwitch(old.WithRoutes(rest)));
            return true;
        },
        cancellation);

    private async Task<(HostKernel Kernel, KernelLink Link, HostPort Port)> FindHostPortAsync(int index, string participle, CancellationToken cancellation)
    {
        RequireReadable();
        HostKernel kernel = await EnsureKernelAsync().ConfigureAwait(false);
        IReadOnlyList<KernelLink> links = await kernel.Links.ListAsync(cancellation).ConfigureAwait(false);
        KernelLink link = links.FirstOrDefault(one => one.Index == index)
            ?? throw ApiException.NotFound(string.Create(CultureInfo.InvariantCulture, $"There is no network interface with the number {index}. Get-NetAdapter lists them."));
        if (InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames) == SwitchInfo.DefaultSwitchId)
        {
            throw ApiException.InvalidState($"The host's port on '{SwitchRules.DefaultName}' cannot be {participle}: Nestvisor chooses what it has. Make a switch of your own: New-VMSwitch -SwitchType Internal");
        }

        return FindPort(link.Name) is { } port
            ? (kernel, link, port)
            : throw ApiException.NotSupported(
                $"The network interface '{link.Name}' cannot be {participle} by Nestvisor: it is not the host's port on a virtual switch, and others are the host's own matter. Use ip(8), as root.");
    }

    private async Task<IReadOnlyList<InterfaceInfo>> ListInterfacesAsync(CancellationToken cancellation)
    {
        HostKernel? kernel = _place.Find();
        if (kernel is null)
        {
            return [];
        }

        List<InterfaceInfo> all = [];
        foreach (KernelLink link in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
        {
            Guid? id = InterfaceNames.SwitchOf(kernel.Host.Instance, link.AlternativeNames);
            HostPort? port = id == SwitchInfo.DefaultSwitchId ? new HostPort(SwitchRules.Default, null) : FindPort(link.Name);
            SwitchConfiguration? configuration = port?.Switch ?? (id is { } known ? FindSwitch(known) : null);
            SwitchConfiguration? bound = _configuration.Switches.FirstOrDefault(one => one.Uplink?.Name == link.Name);
            bool isHostPort = port is not null;
            all.Add(new InterfaceInfo
            {
                Index = link.Index,
                Name = link.Name,
                Alias = port?.Alias ?? link.Name,
                Kind = link.Info.Kind ?? "",
                MacAddress = link.LinkType == "ether" ? link.Address : "",
                Mtu = link.Mtu,
                IsEnabled = link.IsUp,

                // The host's port is plugged into its switch even where nothing else is.
                IsConnected = link.IsUp && (link.HasCarrier || isHostPort),
                IsLoopback = link.IsLoopback,
                IsWireless = !_place.IsUsers && Directory.Exists($"/sys/class/net/{link.Name}/phy80211"),
                LinkSpeed = _place.IsUsers ? null : SpeedOf(link.Name),
                SwitchId = configuration?.Id ?? bound?.Id,
                AdapterId = InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames),
                IsHostPort = isHostPort,
                IsPartOfHostPort = InterfaceNames.PartOfHostAdapter(kernel.Host.Instance, link.AlternativeNames) is not null,
                IsWayOut = _place.IsUsers && link.Info.Kind == TunKind && InterfaceNames.AdapterOf(kernel.Host.Instance, link.AlternativeNames) is null,
            });
        }

        return all;
    }

    private async Task<IReadOnlyList<InterfaceAddress>> ListAddressesAsync(CancellationToken cancellation)
    {
        if (_place.Find() is not { } kernel)
        {
            return [];
        }

        List<InterfaceAddress> all = [];
        foreach (KernelAddresses entry in await kernel.Addresses.ListAsync(cancellation).ConfigureAwait(false))
        {
            HostPort? port = FindPort(entry.Name);
            foreach (KernelAddress address in entry.Addresses)
            {
                all.Add(new InterfaceAddress
                {
                    InterfaceIndex = entry.Index,
                    Address = address.Local,
                    PrefixLength = address.PrefixLength,
                    IsDynamic = address.IsDynamic,
                    IsLinkLocal = !address.IsIPv4 && address.Scope == "link",
                    IsTentative = address.IsTentative,
                    IsDeprecated = address.IsDeprecated,
                    ValidSeconds = address.ValidSeconds == KernelAddress.Forever ? null : address.ValidSeconds,
                    PreferredSeconds = address.PreferredSeconds == KernelAddress.Forever ? null : address.PreferredSeconds,
                    IsPersistent = port?.Addresses.Any(one => one.Address == address.Local) == true,
                });
            }
        }

        return all;
    }

    private async Task<IReadOnlyList<RouteInfo>> ListRoutesAsync(CancellationToken cancellation)
    {
        if (_place.Find() is not { } kernel)
        {
            return [];
        }

        Dictionary<string, int> indexes = [];
        foreach (KernelLink link in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
        {
            indexes[link.Name] = link.Index;
        }

        List<RouteInfo> all = [];
        foreach (bool ipv6 in (bool[])[false, true])
        {
            foreach (KernelRoute route in await kernel.Addresses.ListRoutesAsync(ipv6, cancellation: cancellation).ConfigureAwait(false))
            {
                if (route.Type is null or "unicast" && route.Device is { } device && indexes.TryGetValue(device, out int index))
                {
                    RouteInfo info = new()
                    {
                        DestinationPrefix = PrefixText(route.Destination, ipv6),
                        NextHop = route.Gateway ?? (ipv6 ? "::" : "0.0.0.0"),
                        InterfaceIndex = index,
                        Metric = (int)Math.Min(route.Metric, int.MaxValue),
                        Protocol = route.Protocol ?? "boot",
                    };
                    HostPort? port = FindPort(device);
                    all.Add(info with
                    {
                        IsPersistent = port?.Routes.Any(one => one.Destination == info.DestinationPrefix && (one.NextHop is null || one.NextHop == info.NextHop)) == true,
                    });
                }
            }
        }

        return all;
    }

    // The adapter of this host, of those that are kept, that has an interface with a name.
    private HostPort? FindPort(string name) => _configuration.Switches.SelectMany(one => one.HostPorts).FirstOrDefault(port => port.Interface == name);

    private static string PrefixText(string destination, bool ipv6) => destination switch
    {
        "default" => ipv6 ? "::/0" : "0.0.0.0/0",
        _ when destination.Contains('/', StringComparison.Ordinal) => destination,
        _ => $"{destination}/{(ipv6 ? 128 : 32)}",
    };

    private static bool IsSame(RouteInfo one, RouteInfo other) =>
        one.InterfaceIndex == other.InterfaceIndex && one.DestinationPrefix == other.DestinationPrefix && one.NextHop == other.NextHop;

    // A route with a destination and a metric that there are would take the other's place.
    private static async Task<int> FreeMetricAsync(HostKernel kernel, HostPortRoute route, CancellationToken cancellation)
    {
        bool ipv6 = route.Destination.Contains(':', StringComparison.Ordinal);
        IReadOnlyList<KernelRoute> routes = await kernel.Addresses.ListRoutesAsync(ipv6, cancellation: cancellation).ConfigureAwait(false);
        KernelRoute[] same = [.. routes.Where(one => PrefixText(one.Destination, ipv6) == route.Destination)];
        return route.Metric == 0 ? HostAddressChanges.MetricAfter(same, same.FirstOrDefault()?.Destination ?? "", ipv6) ?? 0
            : same.FirstOrDefault(one => one.Metric == route.Metric) is not { } other ? route.Metric
            : throw ApiException.InvalidArgument($"There is a route to {route.Destination} with the metric {route.Metric} already, over '{other.Device}'. Choose another metric.");
    }

    private static HostPortRoute ParseRoute(RouteInfo request)
    {
        IPAddress hop = ParseAddress(request.NextHop);
        bool ipv4 = hop.AddressFamily == AddressFamily.InterNetwork;
        if (!IPNetwork.TryParse(request.DestinationPrefix, out IPNetwork destination) || destination.BaseAddress.AddressFamily != hop.AddressFamily)
        {
            throw ApiException.InvalidArgument($"'{request.DestinationPrefix}' is not a prefix of {(ipv4 ? "IPv4" : "IPv6")} addresses, such as {(ipv4 ? "10.0.0.0/8" : "fd00::/8")}.");
        }

        return request.Metric < 0
            ? throw ApiException.InvalidArgument($"{request.Metric} is not a metric; it is at least 0.")
            : new HostPortRoute
            {
                Destination = destination.ToString(),
                NextHop = hop.Equals(IPAddress.Any) || hop.Equals(IPAddress.IPv6Any) ? null : hop.ToString(),
                Metric = request.Metric,
            };
    }

    // The short forms that IPAddress reads, such as "10.1", are seldom what was meant.
    private static IPAddress ParseAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address)
        && !text.Contains('%', StringComparison.Ordinal)
        && (address.AddressFamily == AddressFamily.InterNetworkV6 || IPv4Prefix.TryParseAddress(text, out _))
            ? address
            : throw ApiException.InvalidArgument($"'{text}' is not an IP address.");

    private static long? SpeedOf(string name)
    {
        try
        {
            // In megabits; -1 where it is not known.
            return long.TryParse(File.ReadAllText($"/sys/class/net/{name}/speed").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long speed) ? speed * 1_000_000 : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
