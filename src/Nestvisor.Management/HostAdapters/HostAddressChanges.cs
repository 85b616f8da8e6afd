using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>Addresses and routes of interfaces that are not Nestvisor's own, in the kernel only.</summary>
internal sealed class HostAddressChanges(HostKernel kernel)
{
    /// <summary>Adds an address, and a default route with it: both or neither.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task AddAsync(string device, AddHostAddressRequest request, CancellationToken cancellation)
    {
        IReadOnlyList<KernelAddresses> present = await HostAddressRules.PresentAsync(kernel, cancellation).ConfigureAwait(false);
        IPAddress address = HostAddressRules.Check(request.Address, request.PrefixLength, present);
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        IReadOnlyList<KernelRoute> routes = await kernel.Addresses.ListRoutesAsync(isIPv6, cancellation: cancellation).ConfigureAwait(false);
        IPAddress? gateway = request.DefaultGateway is null
            ? null
            : HostAddressRules.CheckGateway(request.DefaultGateway, address, request.PrefixLength, device, present, routes);

        string text = string.Create(CultureInfo.InvariantCulture, $"{address}/{request.PrefixLength}");
        await UndoList.RunAsync(async steps =>
        {
            await steps.DoAsync(
                () => kernel.Host.IpAsync(
                    $"add the address {text} to '{device}'",
                    ["address", "add", text, "dev", device, .. isIPv6 ? Array.Empty<string>() : ["broadcast", "+"], .. Lifetimes(request.ValidSeconds, request.PreferredSeconds)]),
                () => kernel.Host.TryAsync("ip", ["address", "delete", text, "dev", device])).ConfigureAwait(false);
            if (gateway is not null)
            {
                await AddRouteAsync(device, isIPv6, "default", gateway.ToString(), MetricAfter(routes, "default", isIPv6), null).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Changes the length of an address's prefix, or its lifetimes.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task ChangeAsync(string device, ChangeHostAddressRequest request, CancellationToken cancellation)
    {
        KernelAddress old = await FindAsync(device, request.Address, cancellation).ConfigureAwait(false);
        int length = request.PrefixLength ?? old.PrefixLength;
        int bits = old.IsIPv4 ? 32 : 128;
        if (length < 1 || length > bits)
        {
            throw ApiException.InvalidArgument($"The prefix length {length} of {old.Local} is not between 1 and {bits}.");
        }

        string text = string.Create(CultureInfo.InvariantCulture, $"{old.Local}/{length}");
        string[] lifetimes = Lifetimes(
            request.ValidSeconds is { } valid ? Positive(valid) : Finite(old.ValidSeconds), request.PreferredSeconds is { } preferred ? Positive(preferred) : Finite(old.PreferredSeconds));
        if (length == old.PrefixLength)
        {
            await kernel.Host.IpAsync($"change the address {text} of '{device}'", ["address", "change", text, "dev", device, .. ForEver(lifetimes)]).ConfigureAwait(false);
            return;
        }

        await KeepingOthersAsync(device, old, () => UndoList.RunAsync(async steps =>
        {
            await steps.DoAsync(
                () => kernel.Host.IpAsync($"add the address {text} to '{device}'", ["address", "add", text, "dev", device, .. old.IsIPv4 ? ["broadcast", "+"] : Array.Empty<string>(), .. lifetimes]),
                () => kernel.Host.TryAsync("ip", ["address", "delete", text, "dev", device])).ConfigureAwait(false);
            await kernel.Addresses.RemoveAsync(device, old.Local, old.PrefixLength).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    /// <summary>Removes an address; other addresses of its prefix stay.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task RemoveAsync(string device, string address, CancellationToken cancellation)
    {
        KernelAddress old = await FindAsync(device, address, cancellation).ConfigureAwait(false);
        await KeepingOthersAsync(device, old, () => kernel.Addresses.RemoveAsync(device, old.Local, old.PrefixLength)).ConfigureAwait(false);
    }

    /// <summary>Adds a route.</summary>
    /// <exception cref="ApiException">It cannot be.</exception>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task AddRouteAsync(string device, HostRouteRequest request, CancellationToken cancellation)
    {
        (string destination, string? gateway, bool isIPv6) = Read(request);
        IReadOnlyList<KernelRoute> routes = await kernel.Addresses.ListRoutesAsync(isIPv6, cancellation: cancellation).ConfigureAwait(false);
        if (routes.Any(route => route.Destination == destination && route.Device == device && route.Gateway == gateway))
        {
            throw ApiException.InvalidArgument($"Instance MSFT_NetRoute already exists: {request.DestinationPrefix} over '{device}' with the next hop {request.NextHop}.");
        }

        if (gateway is not null)
        {
            IReadOnlyList<KernelAddresses> present = await HostAddressRules.PresentAsync(kernel, cancellation).ConfigureAwait(false);
            if (present.FirstOrDefault(entry => entry.Addresses.Any(own => own.Local == gateway)) is { } owner)
            {
                throw ApiException.InvalidArgument($"The next hop {gateway} is an address of this host itself, of '{owner.Name}'. It has to be that of a neighbour.");
            }
        }

        await AddRouteAsync(device, isIPv6, destination, gateway, request.Metric ?? MetricAfter(routes, destination, isIPv6), request.ValidSeconds).ConfigureAwait(false);
    }

    /// <summary>Removes a route.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task RemoveRouteAsync(string device, HostRouteRequest request, CancellationToken cancellation)
    {
        (string destination, string? gateway, bool isIPv6) = Read(request);
        IReadOnlyList<KernelRoute> routes = await kernel.Addresses.ListRoutesAsync(isIPv6, cancellation: cancellation).ConfigureAwait(false);
        if (!routes.Any(route => route.Destination == destination && route.Device == device && route.Gateway == gateway))
        {
            throw ApiException.NotFound($"Element not found. There is no route to {request.DestinationPrefix} over '{device}' with the next hop {request.NextHop}.");
        }

        // The family is told by the destination.
        string written = destination == "default" && isIPv6 ? "::/0" : destination;
        await kernel.Addresses.RemoveRouteAsync(device, written, gateway, request.Metric ?? 0).ConfigureAwait(false);
    }

    /// <summary>The metric for a route that comes after those that there are for the same destination; null if there are none.</summary>
    /// <param name="routes">The main table's routes of the family.</param>
    /// <param name="destination">The destination as ip(8) writes it.</param>
    /// <param name="isIPv6">Whether it is of IPv6, whose routes without a metric have 1024.</param>
    public static int? MetricAfter(IReadOnlyList<KernelRoute> routes, string destination, bool isIPv6)
    {
        KernelRoute[] same = [.. routes.Where(route => route.Destination == destination)];
        return same.Length == 0 ? null : (int)Math.Min(Math.Max(same.Max(route => route.Metric), isIPv6 ? 1024 : 0) + 1, int.MaxValue);
    }

    // The kernel takes the other addresses of a prefix with the first one, unless told to let the next be the first.
    private async Task KeepingOthersAsync(string device, KernelAddress address, Func<Task> action)
    {
        string setting = $"net/ipv4/conf/{device}/promote_secondaries";
        if (!address.IsIPv4 || await kernel.Host.ReadSettingAsync(setting).ConfigureAwait(false) is not "0")
        {
            await action().ConfigureAwait(false);
            return;
        }

        await kernel.Host.WriteSettingAsync(setting, "1").ConfigureAwait(false);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            await kernel.Host.WriteSettingAsync(setting, "0").ConfigureAwait(false);
        }
    }

    private Task AddRouteAsync(string device, bool isIPv6, string destination, string? gateway, int? metric, long? validSeconds)
    {
        if (validSeconds is not null && !isIPv6)
        {
            throw ApiException.NotSupported("Routes of IPv4 have no lifetime in Linux. Leave -ValidLifetime out.");
        }

        List<string> words = [isIPv6 ? "-6" : "-4", "route", "add", destination];
        words.AddRange(gateway is null ? [] : ["via", gateway]);
        words.AddRange(["dev", device]);
        words.AddRange(metric is null ? [] : ["metric", metric.Value.ToString(CultureInfo.InvariantCulture)]);
        words.AddRange(validSeconds is null ? [] : ["expires", validSeconds.Value.ToString(CultureInfo.InvariantCulture)]);
        return kernel.Host.IpAsync($"add the route to {destination} over '{device}'", [.. words]);
    }

    private async Task<KernelAddress> FindAsync(string device, string text, CancellationToken cancellation)
    {
        IPAddress address = HostAddressRules.Parse(text);
        return (await kernel.Addresses.ListAsync(cancellation).ConfigureAwait(false))
            .Where(entry => entry.Name == device)
            .SelectMany(entry => entry.Addresses)
            .FirstOrDefault(own => IPAddress.TryParse(own.Local, out IPAddress? parsed) && parsed.Equals(address))
            ?? throw ApiException.NotFound($"Element not found. {address} is not an address of '{device}'.");
    }

    private static (string Destination, string? Gateway, bool IsIPv6) Read(HostRouteRequest request)
    {
        if (!IPNetwork.TryParse(request.DestinationPrefix, out IPNetwork network))
        {
            throw ApiException.InvalidArgument($"'{request.DestinationPrefix}' is not a prefix such as 10.0.0.0/8.");
        }

        IPAddress hop = HostAddressRules.Parse(request.NextHop);
        if (hop.AddressFamily != network.BaseAddress.AddressFamily)
        {
            throw ApiException.InvalidArgument($"The next hop {hop} is not of the family of {network}.");
        }

        bool isIPv6 = hop.AddressFamily == AddressFamily.InterNetworkV6;
        bool onLink = hop.Equals(IPAddress.Any) || hop.Equals(IPAddress.IPv6Any);

        // As ip(8) writes them: the default by its name, a single host without the length.
        string destination = network.PrefixLength == 0 ? "default"
            : network.PrefixLength == (isIPv6 ? 128 : 32) ? network.BaseAddress.ToString()
            : network.ToString();
        return (destination, onLink ? null : hop.ToString(), isIPv6);
    }

    private static long? Positive(long seconds) => seconds < 0 ? null : seconds;

    private static long? Finite(long seconds) => seconds == KernelAddress.Forever ? null : seconds;

    private static string[] Lifetimes(long? valid, long? preferred)
    {
        string[] validity = valid is { } limited ? ["valid_lft", limited.ToString(CultureInfo.InvariantCulture)] : [];
        long? shorter = preferred is { } wanted && valid is { } most ? Math.Min(wanted, most) : preferred ?? valid;
        return shorter is { } seconds ? [.. validity, "preferred_lft", seconds.ToString(CultureInfo.InvariantCulture)] : validity;
    }

    // ip(8) leaves the lifetimes of an address that it changes as they are if they are not named.
    private static string[] ForEver(string[] lifetimes) =>
    [
        .. lifetimes,
        .. lifetimes.Contains("valid_lft") ? Array.Empty<string>() : ["valid_lft", "forever"],
        .. lifetimes.Contains("preferred_lft") ? Array.Empty<string>() : ["preferred_lft", "forever"],
    ];
}
