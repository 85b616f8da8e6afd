namespace Nestvisor.Guests.Tests;

/// <summary>
/// An interface whose address is a DHCP server's lease becomes that of an external switch and comes back, on Debian guests with the programs that usually
/// configure interfaces.
/// </summary>
public sealed class UplinkManagerTests
{
    private const string Address = "10.50.0.100/24";
    private const string Name = "server.example";

    // Addresses and routes as they are, but for how long yet.
    private const string State = "ip -4 -o address show | awk '{print $2, $4}'; ip route; echo";

    [Theory]
    [InlineData("networkd", "rm /run/systemd/network/0-nestvisor-*; networkctl reload")]
    [InlineData("networkmanager", "rm /run/NetworkManager/system-connections/nestvisor-*; nmcli connection reload; nmcli device connect eth0")]
    [InlineData("ifupdown", "pkill -KILL dhclient; ifup --force eth0")]
    [InlineData("dhcpcd", "dhcpcd -x $nvs; dhcpcd eth0")]
    public void ExternalSwitch_OnLeasedInterface_TakesTheLeaseAndGivesItBack(string manager, string boot)
    {
        using NetworkLab lab = new();
        string log = lab.Session.Folder.File("dhcp.log");
        _ = lab.Serve("--dhcp-range=10.50.0.100,10.50.0.100,1h", "--dhcp-option=3,10.50.0.1", "--dhcp-option=6,10.50.0.1", "--dhcp-authoritative", "--log-dhcp", $"--log-facility={log}");
        _ = lab.Do("New-VMSwitch Ext -NetAdapterName up0 | Out-Null");
        lab.StartSystemd("S", "Ext", $"manager={manager}");
        string before = AwaitLease(lab, "eth0");

        Assert.Contains("External", lab.Run("S", "nestvisor -c 'New-VMSwitch Inner -NetAdapterName eth0'"), StringComparison.Ordinal);
        RequireMoved(lab);

        // The next service finds all as it is.
        _ = lab.Run("S", "systemctl kill -s KILL --kill-who=main nestvisor; systemctl reset-failed nestvisor; systemctl start nestvisor");
        Assert.Contains("eth0", lab.Run("S", "nestvisor -c '(Get-VMSwitch Inner).NetAdapterInterfaceDescription'"), StringComparison.Ordinal);
        RequireMoved(lab);

        // As after a restart of the host: what is in the kernel and below /run is gone, and the interface has its lease by the host's settings.
        _ = lab.Run("S", $"nvs=$(cd /sys/class/net && echo nvs*); systemctl stop nestvisor; ip link delete $nvs; ip address flush dev eth0; {boot}");
        Assert.Equal(before, AwaitLease(lab, "eth0"));
        _ = lab.Run("S", "systemctl start nestvisor; nestvisor -c Get-VMSwitch");
        RequireMoved(lab);

        _ = lab.Run("S", "nestvisor -c 'Remove-VMSwitch Inner -Force'");
        Assert.Equal(before, AwaitLease(lab, "eth0"));
        Assert.Equal(0, lab.Ping(Address[..^3]));

        Assert.Contains("External", lab.Run("S", "nestvisor -c 'New-VMSwitch Inner -NetAdapterName eth0 -AllowManagementOS $false'"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.50.0.", lab.Run("S", State), StringComparison.Ordinal);
        _ = lab.Run("S", "nestvisor -c 'Remove-VMSwitch Inner -Force'");
        Assert.Equal(before, AwaitLease(lab, "eth0"));
        if (manager == "networkd")
        {
            RequireHeldWithoutServer(lab, before);
        }

        Assert.DoesNotContain("RELEASE", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.DoesNotContain("nestvisor", lab.Run("S", "ls /run/systemd/network /run/NetworkManager/system-connections 2>&1"), StringComparison.Ordinal);
    }

    // A server that does not answer does not cost the host the lease that it has.
    private static void RequireHeldWithoutServer(NetworkLab lab, string before)
    {
        _ = lab.Outside.Run("nft 'add table ip silent; add chain ip silent in { type filter hook input priority 0; }; add rule ip silent in udp dport 67 drop'");

        string said = lab.Run("S", "nestvisor -c 'New-VMSwitch Inner -NetAdapterName eth0' 2>&1");

        Assert.Contains("a DHCP server's lease", said, StringComparison.Ordinal);
        Assert.Equal(before, AwaitLease(lab, "eth0"));
        Assert.Equal(0, lab.Ping(Address[..^3]));
        _ = lab.Outside.Run("nft delete table ip silent");
    }

    private static void RequireMoved(NetworkLab lab)
    {
        string state = lab.Run("S", State);
        Assert.Matches($"nvs[0-9a-f]{{8}} {Address}", state);
        Assert.DoesNotContain($"eth0 {Address}", state, StringComparison.Ordinal);
        Assert.Matches("default via 10.50.0.1 dev nvs", state);

        // Each once.
        Assert.Single(state.Split('\n'), line => line.StartsWith("default", StringComparison.Ordinal));
        Assert.Contains("1 received", lab.Run("S", $"ping -c 1 {Name}"), StringComparison.Ordinal);
        Assert.Equal(0, lab.Ping(Address[..^3]));
    }

    private static string AwaitLease(NetworkLab lab, string name)
    {
        string state = lab.Run("S", $"until ip -4 address show {name} | grep -q inet && ip route | grep -q default && ping -c 1 -W 1 {Name} >/dev/null 2>&1; do sleep 0.2; done; {State}");
        return state[state.IndexOf("lo ", StringComparison.Ordinal)..];
    }
}
