using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>IP addresses and routes.</summary>
/// <param name="host">Where they are.</param>
public sealed class AddressCommands(NetworkHost host)
{
    /// <summary>The addresses of all interfaces.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The interfaces in the kernel's order, with their addresses.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<IReadOnlyList<KernelAddresses>> ListAsync(CancellationToken cancellation = default)
    {
        List<KernelAddresses> all = await host.AskAsync(
            "list the addresses", "ip", ["-j", "address", "show"], KernelJsonContext.Default.ListKernelAddresses, cancellation).ConfigureAwait(false);
        _ = all.RemoveAll(static entry => entry.Index == 0);
        return all;
    }

    /// <summary>The routes of a family.</summary>
    /// <param name="ipv6">IPv6, else IPv4.</param>
    /// <param name="allTables">Of all tables, else of the main one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The routes in the kernel's order.</returns>
    /// <exception cref="HostNetworkException">The kernel cannot be asked.</exception>
    public async Task<IReadOnlyList<KernelRoute>> ListRoutesAsync(bool ipv6, bool allTables = false, CancellationToken cancellation = default) => await host.AskAsync(
        "list the routes",
        "ip",
        ["-j", ipv6 ? "-6" : "-4", "route", "show", "table", allTables ? "all" : "main"],
        KernelJsonContext.Default.ListKernelRoute,
        cancellation).ConfigureAwait(false);

    /// <summary>Adds an address; one that is there is no error.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Length of its prefix.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task AddAsync(string device, string address, int prefixLength)
    {
        string text = Text(address, prefixLength);
        // Another machine on the switch cannot have been given an address of the host's: it need not be looked for (RFC 4862 §5.4).
        string[] more = address.Contains(':', StringComparison.Ordinal) ? ["nodad"] : ["broadcast", "+"];
        return host.IpAsync($"add the address {text} to '{device}'", ["address", "replace", text, "dev", device, .. more]);
    }

    /// <summary>Removes an address.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Length of its prefix.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task RemoveAsync(string device, string address, int prefixLength) =>
        host.IpAsync($"remove the address {Text(address, prefixLength)} from '{device}'", "address", "delete", Text(address, prefixLength), "dev", device);

    /// <summary>Adds a route.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="destination">Prefix.</param>
    /// <param name="gateway">Next hop; null if the destination is on the link.</param>
    /// <param name="metric">Routes with a smaller one come first.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task AddRouteAsync(string device, string destination, string? gateway, int metric) =>
        host.IpAsync($"add the route to {destination} over '{device}'", RouteWords("replace", device, destination, gateway, metric));

    /// <summary>Removes a route.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="destination">Prefix.</param>
    /// <param name="gateway">Next hop; null if the destination is on the link.</param>
    /// <param name="metric">Its metric; 0 for any.</param>
    /// <returns>The end.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public Task RemoveRouteAsync(string device, string destination, string? gateway, int metric) =>
        host.IpAsync($"remove the route to {destination} over '{device}'", RouteWords("delete", device, destination, gateway, metric));

    private static string[] RouteWords(string action, string device, string destination, string? gateway, int metric)
    {
        List<string> words = [destination.Contains(':', StringComparison.Ordinal) ? "-6" : "-4", "route", action, destination];
        if (gateway is not null)
        {
            words.AddRange(["via", gateway]);
        }

        words.AddRange(["dev", device]);
        if (metric != 0)
        {
            words.AddRange(["metric", metric.ToString(CultureInfo.InvariantCulture)]);
        }

        return [.. words];
    }

    private static string Text(string address, int prefixLength) => string.Create(CultureInfo.InvariantCulture, $"{address}/{prefixLength}");
}
