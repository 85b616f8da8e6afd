using System.Globalization;

namespace Nestvisor.Networking.Host;

/// <summary>Lines of ip(8) that give an interface addresses and routes, or take addresses away.</summary>
internal static class UplinkLines
{
    /// <summary>The lines that give an interface addresses and routes.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="routes">IPv4 routes, those on the link before those over a next hop.</param>
    /// <param name="routes6">IPv6 routes likewise.</param>
    /// <param name="device">The interface.</param>
    /// <returns>The lines.</returns>
    public static IEnumerable<string> Add(IReadOnlyList<KernelAddress> addresses, IReadOnlyList<KernelRoute> routes, IReadOnlyList<KernelRoute> routes6, string device)
    {
        foreach (KernelAddress address in addresses)
        {
            yield return "address replace " + address.Text
                + (address.Broadcast is null ? "" : $" broadcast {address.Broadcast}")
                + $" dev {device}"
                + (address.Scope is "" or "global" ? "" : $" scope {address.Scope}")
                + (address.HasNoPrefixRoute ? " noprefixroute" : "")
                + (address.IsDynamic ? string.Create(CultureInfo.InvariantCulture, $" valid_lft {address.ValidSeconds} preferred_lft {address.PreferredSeconds}") : "")
                + (address.IsIPv4 ? "" : " nodad")
                + (address.Metric is { } metric ? string.Create(CultureInfo.InvariantCulture, $" metric {metric}") : "");
        }

        foreach (string words in routes.Select(route => Words(route, "0.0.0.0/0", device)).Concat(routes6.Select(route => Words(route, "::/0", device))))
        {
            yield return $"route replace {words}";
        }
    }

    /// <summary>The line that takes an IPv4 route away.</summary>
    /// <param name="route">The route.</param>
    /// <param name="device">The interface.</param>
    /// <returns>The line.</returns>
    public static string Delete(KernelRoute route, string device) => $"route delete {Words(route, "0.0.0.0/0", device)}";

    /// <summary>The lines that take addresses away, the last first: with the first of a prefix the kernel removes its others, unless it is set to promote them.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="device">The interface.</param>
    /// <returns>The lines.</returns>
    /// <remarks>One that is not there is no error.</remarks>
    public static IEnumerable<string> Delete(IReadOnlyList<KernelAddress> addresses, string device) =>
        addresses.Reverse().Select(address => $"address flush dev {device} to {address.Local}");

    // In a batch the family is told by the destination alone.
    private static string Words(KernelRoute route, string everywhere, string device) =>
        (route.Destination == "default" ? everywhere : route.Destination)
        + (route.Gateway is null ? "" : $" via {route.Gateway}")
        + $" dev {device}"
        + (route.Protocol is null ? "" : $" proto {route.Protocol}")
        + (route.Scope is null ? "" : $" scope {route.Scope}")
        + (route.Source is null ? "" : $" src {route.Source}")
        + (route.Metric == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" metric {route.Metric}"))
        + (route.Flags.Contains("onlink") ? " onlink" : "");
}
