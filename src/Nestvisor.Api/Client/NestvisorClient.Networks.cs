using System.Globalization;
using Nestvisor.Api.Networks;

namespace Nestvisor.Api.Client;

/// <content>Virtual switches, NATs, and the interfaces of the host.</content>
public sealed partial class NestvisorClient
{
    /// <summary>All virtual switches, sorted by name.</summary>
    public Task<IReadOnlyList<SwitchInfo>> GetSwitchesAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/switches", null, ApiJsonContext.Default.IReadOnlyListSwitchInfo, cancellation);

    /// <summary>Creates a virtual switch.</summary>
    public Task<SwitchInfo> CreateSwitchAsync(CreateSwitchRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/switches", Json(request, ApiJsonContext.Default.CreateSwitchRequest), ApiJsonContext.Default.SwitchInfo, cancellation);

    /// <summary>Changes a virtual switch.</summary>
    public Task<SwitchInfo> ChangeSwitchAsync(Guid id, ChangeSwitchRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Patch, $"v1/switches/{id:D}", Json(request, ApiJsonContext.Default.ChangeSwitchRequest), ApiJsonContext.Default.SwitchInfo, cancellation);

    /// <summary>Removes a virtual switch that no running virtual machine is connected to.</summary>
    public Task RemoveSwitchAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync<object>(HttpMethod.Delete, $"v1/switches/{id:D}", null, null, cancellation);

    /// <summary>Adds an adapter of this host to a virtual switch.</summary>
    /// <returns>The switch then; the new adapter is the last of the host's.</returns>
    public Task<SwitchInfo> AddHostPortAsync(Guid id, AddHostPortRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Post, $"v1/switches/{id:D}/host-ports", Json(request, ApiJsonContext.Default.AddHostPortRequest), ApiJsonContext.Default.SwitchInfo, cancellation);

    /// <summary>Changes an adapter of this host at a virtual switch.</summary>
    public Task<SwitchInfo> ChangeHostPortAsync(Guid id, Guid port, ChangeHostPortRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Patch,
            $"v1/switches/{id:D}/host-ports/{port:D}",
            Json(request, ApiJsonContext.Default.ChangeHostPortRequest),
            ApiJsonContext.Default.SwitchInfo,
            cancellation);

    /// <summary>Removes an adapter of this host from a virtual switch. An internal switch without any becomes private.</summary>
    public Task<SwitchInfo> RemoveHostPortAsync(Guid id, Guid port, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, $"v1/switches/{id:D}/host-ports/{port:D}", null, ApiJsonContext.Default.SwitchInfo, cancellation);

    /// <summary>All NATs that commands have made, sorted by name; not the default switch's.</summary>
    public Task<IReadOnlyList<NatInfo>> GetNatsAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/nats", null, ApiJsonContext.Default.IReadOnlyListNatInfo, cancellation);

    /// <summary>Creates a NAT.</summary>
    public Task<NatInfo> CreateNatAsync(CreateNatRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/nats", Json(request, ApiJsonContext.Default.CreateNatRequest), ApiJsonContext.Default.NatInfo, cancellation);

    /// <summary>Changes a NAT.</summary>
    public Task<NatInfo> ChangeNatAsync(Guid id, ChangeNatRequest request, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Patch, $"v1/nats/{id:D}", Json(request, ApiJsonContext.Default.ChangeNatRequest), ApiJsonContext.Default.NatInfo, cancellation);

    /// <summary>Removes a NAT and its static mappings.</summary>
    public Task RemoveNatAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync<object>(HttpMethod.Delete, $"v1/nats/{id:D}", null, null, cancellation);

    /// <summary>Adds a static mapping to a NAT.</summary>
    /// <returns>The mapping with its number.</returns>
    public Task<NatStaticMapping> AddNatMappingAsync(Guid nat, NatStaticMapping mapping, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Post, $"v1/nats/{nat:D}/mappings", Json(mapping, ApiJsonContext.Default.NatStaticMapping), ApiJsonContext.Default.NatStaticMapping, cancellation);

    /// <summary>Removes a static mapping of a NAT.</summary>
    public Task RemoveNatMappingAsync(Guid nat, uint mapping, CancellationToken cancellation = default) =>
        SendAsync<object>(HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"v1/nats/{nat:D}/mappings/{mapping}"), null, null, cancellation);

    /// <summary>All network interfaces where the virtual switches are, in the kernel's order.</summary>
    public Task<IReadOnlyList<InterfaceInfo>> GetInterfacesAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/interfaces", null, ApiJsonContext.Default.IReadOnlyListInterfaceInfo, cancellation);

    /// <summary>Changes the host's port on a virtual switch.</summary>
    public Task<IReadOnlyList<InterfaceInfo>> ChangeInterfaceAsync(int index, ChangeInterfaceRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Patch,
            string.Create(CultureInfo.InvariantCulture, $"v1/interfaces/{index}"),
            Json(request, ApiJsonContext.Default.ChangeInterfaceRequest),
            ApiJsonContext.Default.IReadOnlyListInterfaceInfo,
            cancellation);

    /// <summary>The IP addresses of all interfaces.</summary>
    public Task<IReadOnlyList<InterfaceAddress>> GetAddressesAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/addresses", null, ApiJsonContext.Default.IReadOnlyListInterfaceAddress, cancellation);

    /// <summary>Gives the host's port on a virtual switch an address.</summary>
    /// <returns>All addresses then.</returns>
    public Task<IReadOnlyList<InterfaceAddress>> AddAddressAsync(int interfaceIndex, AddAddressRequest request, CancellationToken cancellation = default) =>
        SendAsync(
            HttpMethod.Post,
            string.Create(CultureInfo.InvariantCulture, $"v1/interfaces/{interfaceIndex}/addresses"),
            Json(request, ApiJsonContext.Default.AddAddressRequest),
            ApiJsonContext.Default.IReadOnlyListInterfaceAddress,
            cancellation);

    /// <summary>Takes an address from the host's port on a virtual switch.</summary>
    public Task RemoveAddressAsync(int interfaceIndex, string address, CancellationToken cancellation = default) =>
        SendAsync<object>(
            HttpMethod.Delete,
            string.Create(CultureInfo.InvariantCulture, $"v1/interfaces/{interfaceIndex}/addresses/{Uri.EscapeDataString(address)}"),
            null,
            null,
            cancellation);

    /// <summary>The routes of the main table, IPv4 and IPv6.</summary>
    public Task<IReadOnlyList<RouteInfo>> GetRoutesAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/routes", null, ApiJsonContext.Default.IReadOnlyListRouteInfo, cancellation);

    /// <summary>Adds a route over the host's port on a virtual switch; it is kept. Protocol and IsPersistent are not looked at.</summary>
    /// <returns>All routes then.</returns>
    public Task<IReadOnlyList<RouteInfo>> AddRouteAsync(RouteInfo route, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, "v1/routes", Json(route, ApiJsonContext.Default.RouteInfo), ApiJsonContext.Default.IReadOnlyListRouteInfo, cancellation);

    /// <summary>Removes a route over the host's port on a virtual switch: the one with this destination, next hop and interface.</summary>
    public Task RemoveRouteAsync(RouteInfo route, CancellationToken cancellation = default) =>
        SendAsync<object>(HttpMethod.Post, "v1/routes/remove", Json(route, ApiJsonContext.Default.RouteInfo), null, cancellation);
}
