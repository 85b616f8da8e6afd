using System.Globalization;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>The kernel's settings of interfaces for IP: files below /proc/sys/net (ip-sysctl.rst of the kernel).</summary>
internal static class IPSettingFiles
{
    private const string Root = "/proc/sys/";

    private static readonly string[] FilesOf4 = ["conf/{0}/forwarding", "neigh/{0}/base_reachable_time_ms", "neigh/{0}/retrans_time_ms"];

    private static readonly string[] FilesOf6 =
    [
        "conf/{0}/disable_ipv6", "conf/{0}/forwarding", "conf/{0}/mtu", "conf/{0}/dad_transmits", "conf/{0}/accept_ra", "conf/{0}/accept_ra_defrtr",
        "conf/{0}/hop_limit", "neigh/{0}/base_reachable_time_ms", "neigh/{0}/retrans_time_ms",
    ];

    /// <summary>Reads the settings of interfaces, by one program in their namespace.</summary>
    public static async Task<Dictionary<string, string>> ReadAsync(NetworkHost host, IEnumerable<string> interfaces, CancellationToken cancellation)
    {
        string[] paths = [.. interfaces.SelectMany(name => Paths("ipv4", FilesOf4, name).Concat(Paths("ipv6", FilesOf6, name)))];

        // With two files at least grep writes the names; those that are not there are left out. Its exit code tells only whether some were.
        CommandResult result = await host.TryAsync("grep", ["-s", "", .. paths], cancellation).ConfigureAwait(false);
        Dictionary<string, string> values = [];
        foreach (string line in result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // A value has no colon, a name of an interface may have one.
            int colon = line.LastIndexOf(':');
            if (colon > 0)
            {
                values[line[..colon]] = line[(colon + 1)..];
            }
        }

        return values;
    }

    /// <summary>The settings of an interface for IPv4; null if it does not speak it.</summary>
    public static IPSettings? Of4(Dictionary<string, string> values, KernelLink link) =>
        Number(values, "ipv4", FilesOf4[0], link.Name) is not { } forwarding ? null : new IPSettings
        {
            Forwarding = forwarding != 0,
            Mtu = link.Mtu,
            BaseReachableTime = Number(values, "ipv4", FilesOf4[1], link.Name) ?? 0,
            RetransmitTime = Number(values, "ipv4", FilesOf4[2], link.Name) ?? 0,
        };

    /// <summary>The settings of an interface for IPv6; null if it does not speak it.</summary>
    public static IPSettings? Of6(Dictionary<string, string> values, KernelLink link)
    {
        int? Of(string file) => Number(values, "ipv6", file, link.Name);
        bool forwarding = Of("conf/{0}/forwarding") is > 0;
        return Of("conf/{0}/disable_ipv6") is not 0 ? null : new IPSettings
        {
            Forwarding = forwarding,
            Mtu = Of("conf/{0}/mtu") ?? link.Mtu,
            BaseReachableTime = Of("neigh/{0}/base_reachable_time_ms") ?? 0,
            RetransmitTime = Of("neigh/{0}/retrans_time_ms") ?? 0,
            DadTransmits = Of("conf/{0}/dad_transmits"),

            // 1: only while nothing is forwarded; 2: always.
            RouterDiscovery = Of("conf/{0}/accept_ra") is { } accept ? accept == 2 || (accept == 1 && !forwarding) : null,
            AcceptDefaultRoutes = Of("conf/{0}/accept_ra_defrtr") is { } accepts ? accepts != 0 : null,
            HopLimit = Of("conf/{0}/hop_limit"),
        };
    }

    /// <summary>The files that a change writes, with their values; but for forwarding of IPv6, which is more (<see cref="RouterSettings"/>).</summary>
    /// <exception cref="ApiException">A value cannot be, or there is no such setting.</exception>
    public static IEnumerable<(string Setting, string Value)> Changes(string name, bool ipv6, ChangeIPSettings change)
    {
        string Text(string file) => $"net/{(ipv6 ? "ipv6" : "ipv4")}/{string.Format(CultureInfo.InvariantCulture, file, name)}";
        (string, string)? Write(string file, int? value, int least, int most, string what) => value switch
        {
            null => null,
            { } number when number >= least && number <= most => (Text(file), number.ToString(CultureInfo.InvariantCulture)),
            _ => throw ApiException.InvalidArgument($"{what} {value} is not between {least} and {most}."),
        };
        if (!ipv6 && (change.DadTransmits ?? change.HopLimit) is not null)
        {
            throw ApiException.NotSupported("DadTransmits and CurrentHopLimit are settings of IPv6. The hop limit of IPv4 is one value for this host: sysctl net.ipv4.ip_default_ttl");
        }

        if (!ipv6 && (change.RouterDiscovery ?? change.AcceptDefaultRoutes) is not null)
        {
            throw ApiException.NotSupported("RouterDiscovery and IgnoreDefaultRoutes are settings of IPv6: Linux listens to no routers of IPv4.");
        }

        int? Bit(bool? value) => value is { } on ? on ? 1 : 0 : null;
        (string, string)?[] all =
        [
            ipv6 ? null : Write("conf/{0}/forwarding", Bit(change.Forwarding), 0, 1, "Forwarding"),
            ipv6 ? Write("conf/{0}/mtu", change.Mtu, 1280, 65535, "The largest packet of IPv6") : null,
            Write("neigh/{0}/base_reachable_time_ms", change.BaseReachableTime, 1, int.MaxValue, "BaseReachableTime"),
            Write("neigh/{0}/retrans_time_ms", change.RetransmitTime, 1, int.MaxValue, "RetransmitTime"),
            Write("conf/{0}/dad_transmits", change.DadTransmits, 0, 100, "DadTransmits"),

            // 2 and not 1, so that it is so while packets are forwarded too.
            Write("conf/{0}/accept_ra", Bit(change.RouterDiscovery) * 2, 0, 2, "RouterDiscovery"),
            Write("conf/{0}/accept_ra_defrtr", Bit(change.AcceptDefaultRoutes), 0, 1, "IgnoreDefaultRoutes"),
            Write("conf/{0}/hop_limit", change.HopLimit, 1, 255, "The hop limit"),
        ];
        return all.OfType<(string, string)>();
    }

    private static IEnumerable<string> Paths(string family, string[] files, string name) =>
        files.Select(file => $"{Root}net/{family}/{string.Format(CultureInfo.InvariantCulture, file, name)}");

    private static int? Number(Dictionary<string, string> values, string family, string file, string name) =>
        values.TryGetValue($"{Root}net/{family}/{string.Format(CultureInfo.InvariantCulture, file, name)}", out string? text)
        && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
}
