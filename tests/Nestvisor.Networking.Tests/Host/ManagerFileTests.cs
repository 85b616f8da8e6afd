using Nestvisor.Networking.Host;
using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>The files by which systemd-networkd and NetworkManager go on with a bridge.</summary>
public sealed class ManagerFileTests
{
    private const string Keyfile = """
        [connection]
        id=Office
        uuid=1ea615d6-61a7-31c9-9669-8fef2446f243
        type=ethernet
        interface-name=eth0
        zone=work

        [ethernet]
        cloned-mac-address=02:00:00:00:00:07

        [802-1x]
        eap=tls;

        [ipv4]
        method=auto
        dns=192.0.2.53;

        [ipv6]
        method=ignore

        """;

    [Fact]
    public void Networkd_FileOfTheBridge_HasAllButWhatIsOfTheInterfaceItself()
    {
        string text = NetworkdFile.ForBridge(
            ["[Match]\nName=eth*\n[Link]\nMTUBytes=9000\n# a comment\n[Network]\nDHCP=yes\nVLAN=v10\nBond = b0\n", "[DHCPv4]\nRouteMetric=50\n"], "nvs00000001", 0xE2343F3E);

        Assert.Equal(
            """
            # Made by nestvisor-service, and removed with the virtual switch.
            [Match]
            Name=nvs00000001
            [Network]
            DHCP=yes
            [DHCPv4]
            RouteMetric=50
            [Network]
            KeepConfiguration=static
            [DHCPv4]
            IAID=3795074878
            [DHCPv6]
            IAID=3795074878

            """,
            text);
    }

    [Fact]
    public void Networkd_FileThatSaysMore_IsNotContradicted()
    {
        string text = NetworkdFile.ForBridge(["[Match]\nName=eth0\n[Network]\nKeepConfiguration=yes\n[DHCPv4]\nIAID=7\n"], "nvs00000001", 1);

        Assert.EndsWith("[Network]\nKeepConfiguration=yes\n[DHCPv4]\nIAID=7\n", text, StringComparison.Ordinal);
        Assert.Equal(text.IndexOf("IAID", StringComparison.Ordinal), text.LastIndexOf("IAID", StringComparison.Ordinal));
    }

    [Fact]
    public void NetworkManager_Connections_ShareWhatTheInterfaceHad()
    {
        UplinkHandover handover = Create(moves: true);

        string port = NetworkManagerFile.ForPort(Keyfile, handover);
        string bridge = NetworkManagerFile.ForBridge(Keyfile, handover);

        Assert.Contains("interface-name=eth0\n", port, StringComparison.Ordinal);
        Assert.Contains($"master={handover.Management.BridgeConnection}\nslave-type=bridge\n", port, StringComparison.Ordinal);
        Assert.Contains("[ethernet]\ncloned-mac-address=02:00:00:00:00:07\n", port, StringComparison.Ordinal);
        Assert.Contains("[802-1x]\neap=tls;\n", port, StringComparison.Ordinal);
        Assert.DoesNotContain("ipv4", port, StringComparison.Ordinal);
        Assert.Contains("interface-name=nvs00000001\n", bridge, StringComparison.Ordinal);
        Assert.Contains("zone=work\n", bridge, StringComparison.Ordinal);
        Assert.Contains("[bridge]\nmac-address=02:00:00:00:00:07\n", bridge, StringComparison.Ordinal);
        Assert.Contains("[ipv4]\nmethod=auto\ndns=192.0.2.53;\n", bridge, StringComparison.Ordinal);
        Assert.Contains("[ipv6]\nmethod=ignore\n", bridge, StringComparison.Ordinal);
        Assert.DoesNotContain("1ea615d6", port + bridge, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkManager_BridgeWithoutTheHost_HasNoAddresses()
    {
        string bridge = NetworkManagerFile.ForBridge(Keyfile, Create(moves: false));

        Assert.EndsWith("[ipv4]\nmethod=disabled\n\n[ipv6]\nmethod=disabled\n", bridge, StringComparison.Ordinal);
        Assert.DoesNotContain("dns=", bridge, StringComparison.Ordinal);
    }

    private static UplinkHandover Create(bool moves) => new(
        new UplinkManagement { Program = "NetworkManager", BridgeConnection = Guid.NewGuid(), PortConnection = Guid.NewGuid() },
        new KernelLink { Name = "eth0" },
        new KernelLink { Name = "nvs00000001", Address = "02:00:00:00:00:07" },
        moves,
        NeedsLease: false);
}
