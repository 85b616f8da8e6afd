using Nestvisor.Networking.Host.Managers;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>What the command line of a DHCP client says.</summary>
public sealed class DhcpClientCommandTests
{
    [Theory]
    [InlineData("dhclient -4 -v -i -pf /run/dhclient.eth0.pid -lf /l -I -df /d eth0", true)]
    [InlineData("/sbin/dhclient eth1 eth0", true)]
    [InlineData("dhclient -nw", true)]
    [InlineData("dhclient -pf eth0 eth1", false)]
    [InlineData("dhclient -4 eth1", false)]
    [InlineData("udhcpc -b -i eth0", true)]
    [InlineData("/bin/busybox udhcpc -i eth0", true)]
    [InlineData("busybox.static udhcpc -i eth1", false)]
    [InlineData("busybox sleep eth0", false)]
    [InlineData("cat eth0", false)]
    public void Serves_AnInterface_OnlyAsTheCommandLineSays(string line, bool serves) => Assert.Equal(serves, Of(line).Serves("eth0"));

    [Theory]
    [InlineData("dhclient -pf /run/a -lf /b eth0", "/run/a", "/b")]
    [InlineData("dhclient eth0", null, "/var/lib/dhcp/dhclient.leases")]
    [InlineData("busybox udhcpc -p /run/c -i eth0", "/run/c", "/var/lib/dhcp/dhclient.leases")]
    public void Files_OfACommandLine_AreThoseThatItNames(string line, string? processFile, string leaseFile)
    {
        Assert.Equal(processFile, Of(line).ProcessFile);
        Assert.Equal(leaseFile, Of(line).LeaseFile);
    }

    [Theory]
    [InlineData("dhclient -q -nw -pf /run/dhclient.eth0.pid eth0", "dhclient -v -pf /run/dhclient.eth0.pid br0")]
    [InlineData("busybox udhcpc -b -i eth0", "busybox udhcpc -b -i br0")]
    public void ForAnother_Telling_IsTheSameButForTheInterfaceAndWhatItSays(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', Of(line).For("eth0", "br0").Telling().Words));

    [Fact]
    public void Foreground_IsToldByItsOption()
    {
        Assert.True(Of("dhclient -d eth0").IsInForeground);
        Assert.True(Of("busybox udhcpc -f -i eth0").IsInForeground);
        Assert.False(Of("dhclient eth0").IsInForeground);
    }

    private static DhcpClientCommand Of(string line) => new(line.Split(' '));
}
