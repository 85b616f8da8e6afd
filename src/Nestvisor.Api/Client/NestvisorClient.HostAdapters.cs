using System.Globalization;
using Nestvisor.Api.HostAdapters;

namespace Nestvisor.Api.Client;

/// <content>The host's network interfaces that are not Nestvisor's own, and the DNS servers.</content>
public sealed partial class NestvisorClient
{
    /// <summary>The names, drivers and settings of all network interfaces.</summary>
    public Task<IReadOnlyList<HostAdapterInfo>> GetHostAdaptersAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/host-adapters", null, ApiJsonContext.Default.IReadOnlyListHostAdapterInfo, cancellation);

    /// <summary>Changes a network interface in the kernel.</summary>
    public Task<HostChange> ChangeHostAdapterAsync(int index, ChangeHostAdapterRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Patch, HostAdapterUrl(index), Json(request, ApiJsonContext.Default.ChangeHostAdapterRequest), cancellation);

    /// <summary>Gives a network interface that is not Nestvisor's own an address.</summary>
    public Task<HostChange> AddHostAddressAsync(int index, AddHostAddressRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Post, HostAdapterUrl(index, "addresses"), Json(request, ApiJsonContext.Default.AddHostAddressRequest), cancellation);

    /// <summary>Changes an address of a network interface that is not Nestvisor's own.</summary>
    public Task<HostChange> ChangeHostAddressAsync(int index, ChangeHostAddressRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Patch, HostAdapterUrl(index, "addresses"), Json(request, ApiJsonContext.Default.ChangeHostAddressRequest), cancellation);

    /// <summary>Takes an address from a network interface that is not Nestvisor's own.</summary>
    public Task<HostChange> RemoveHostAddressAsync(int index, string address, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Delete, HostAdapterUrl(index, "addresses/" + Uri.EscapeDataString(address)), null, cancellation);

    /// <summary>Adds a route over a network interface that is not Nestvisor's own.</summary>
    public Task<HostChange> AddHostRouteAsync(HostRouteRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Post, "v1/host-routes", Json(request, ApiJsonContext.Default.HostRouteRequest), cancellation);

    /// <summary>Removes a route over a network interface that is not Nestvisor's own.</summary>
    public Task<HostChange> RemoveHostRouteAsync(HostRouteRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(HttpMethod.Post, "v1/host-routes/remove", Json(request, ApiJsonContext.Default.HostRouteRequest), cancellation);

    /// <summary>The DNS servers of all network interfaces.</summary>
    public Task<IReadOnlyList<DnsServersInfo>> GetDnsServersAsync(CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Get, "v1/dns-servers", null, ApiJsonContext.Default.IReadOnlyListDnsServersInfo, cancellation);

    /// <summary>Sets the DNS servers of a network interface.</summary>
    public Task<HostChange> SetDnsServersAsync(int index, SetDnsServersRequest request, CancellationToken cancellation = default) =>
        ChangeAsync(
            HttpMethod.Put,
            string.Create(CultureInfo.InvariantCulture, $"v1/dns-servers/{index}"),
            Json(request, ApiJsonContext.Default.SetDnsServersRequest),
            cancellation);

    private static string HostAdapterUrl(int index, string? rest = null) =>
        string.Create(CultureInfo.InvariantCulture, $"v1/host-adapters/{index}{(rest is null ? "" : "/" + rest)}");

    private Task<HostChange> ChangeAsync(HttpMethod method, string url, HttpContent? content, CancellationToken cancellation) =>
        SendAsync(method, url, content, ApiJsonContext.Default.HostChange, cancellation);
}
