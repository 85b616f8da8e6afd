using System.Globalization;
using System.Text;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>Texts of NetworkManager's keyfiles for an interface and the bridge whose port it is.</summary>
internal static class NetworkManagerFile
{
    private const string Head = "# Made by nestvisor-service, and removed with the virtual switch.\n";

    // Before others that are for the same interface, when NetworkManager is started anew.
    private const int Priority = 999;

    private static readonly string[] AddressSections = ["ipv4", "ipv6", "proxy"];
    private static readonly string[] LinkSections = ["ethernet", "802-3-ethernet", "802-1x"];

    // Of the section "connection": what is said of the network beyond.
    private static readonly string[] NetworkSettings = ["zone", "metered", "mdns", "llmnr", "dns-over-tls"];

    /// <summary>The connection of an interface as a port. What it says to the switch outside, and as whom, stays.</summary>
    /// <param name="settings">The keyfile of the interface.</param>
    /// <param name="handover">The interface and its bridge.</param>
    /// <returns>The text.</returns>
    public static string ForPort(string settings, UplinkHandover handover) =>
        Connection(handover.Uplink, handover.Management.PortConnection, "ethernet")
        + $"master={handover.Management.BridgeConnection}\nslave-type=bridge\n\n" + Lines(settings, (section, _) => LinkSections.Contains(section));

    /// <summary>The connection of the bridge.</summary>
    /// <param name="settings">The keyfile of the interface.</param>
    /// <param name="handover">The interface and its bridge.</param>
    /// <returns>The text.</returns>
    public static string ForBridge(string settings, UplinkHandover handover) =>
        Connection(handover.Bridge.Name, handover.Management.BridgeConnection, "bridge")
        + Lines(settings, (section, line) => section == "connection" && NetworkSettings.Contains(line.Split('=')[0].Trim()))

        // As the bridge is: what is not said here would be set otherwise.
        + $"\n[bridge]\nmac-address={handover.Bridge.Address}\nstp=false\nmulticast-snooping=false\n\n"
        + (handover.Moves ? Lines(settings, (section, _) => AddressSections.Contains(section)) : "[ipv4]\nmethod=disabled\n\n[ipv6]\nmethod=disabled\n");

    private static string Lines(string settings, Func<string, string, bool> condition)
    {
        StringBuilder chosen = new();
        string section = "";
        foreach (string line in settings.Split('\n'))
        {
            if (line.StartsWith('['))
            {
                section = line.Trim().Trim('[', ']');
            }

            if (condition(section, line))
            {
                _ = chosen.Append(line).Append('\n');
            }
        }

        return chosen.ToString();
    }

    private static string Connection(string name, Guid? identifier, string type) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Head}[connection]\nid=nestvisor-{name}\nuuid={identifier}\ntype={type}\ninterface-name={name}\nautoconnect-priority={Priority}\n");
}
