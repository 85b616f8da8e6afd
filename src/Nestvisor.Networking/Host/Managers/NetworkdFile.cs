using System.Globalization;
using System.Text;

namespace Nestvisor.Networking.Host.Managers;

/// <summary>Texts of systemd.network(5) files for an interface and the bridge whose port it is.</summary>
internal static class NetworkdFile
{
    private const string Head = "# Made by nestvisor-service, and removed with the virtual switch.\n";

    // What is said of the interface itself, not of its addresses, and of those it is a part of or that are made upon it.
    private static readonly string[] LinkSections = ["Match", "Link", "SR-IOV", "Bridge", "BridgeFDB", "BridgeMDB", "BridgeVLAN"];
    private static readonly string[] LinkSettings = ["Bridge", "Bond", "BatmanAdvanced", "VRF", "VLAN", "IPVLAN", "IPVTAP", "IPoIB", "MACsec", "MACVLAN", "MACVTAP", "Tunnel", "VXLAN", "Xfrm"];

    /// <summary>The file that lets the interface alone.</summary>
    /// <param name="uplink">Its name.</param>
    /// <returns>The text.</returns>
    public static string ForPort(string uplink) => $"{Head}[Match]\nName={uplink}\n\n[Link]\nUnmanaged=yes\n";

    /// <summary>The file that gives the bridge what the interface had.</summary>
    /// <param name="texts">The interface's file and those that add to it.</param>
    /// <param name="bridge">The bridge's name.</param>
    /// <param name="leaseNumber">Number by which DHCP servers know the interface; null for none.</param>
    /// <returns>The text.</returns>
    public static string ForBridge(IReadOnlyList<string> texts, string bridge, uint? leaseNumber)
    {
        StringBuilder file = new($"{Head}[Match]\nName={bridge}\n");
        string section = "";
        bool hasKeep = false;
        bool hasNumber = false;
        foreach (string line in texts.SelectMany(text => text.Split('\n')).Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
            {
                section = line.Trim('[', ']');
            }

            string name = line.Split('=')[0].Trim();
            if (LinkSections.Contains(section) || line.Length == 0 || line[0] is '#' or ';' || (section == "Network" && LinkSettings.Contains(name)))
            {
                continue;
            }

            hasKeep |= section == "Network" && name == "KeepConfiguration";
            hasNumber |= name == "IAID";
            _ = file.Append(line).Append('\n');
        }

        if (!hasKeep)
        {
            // The addresses that the kernel has moved, and those of the switch's own, stay.
            _ = file.Append("[Network]\nKeepConfiguration=static\n");
        }

        if (leaseNumber is { } number && !hasNumber)
        {
            _ = file.Append(CultureInfo.InvariantCulture, $"[DHCPv4]\nIAID={number}\n[DHCPv6]\nIAID={number}\n");
        }

        return file.ToString();
    }
}
