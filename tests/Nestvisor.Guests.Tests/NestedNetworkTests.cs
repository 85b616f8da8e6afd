using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>Nested machines on the network, as Microsoft's page has them.</summary>
public sealed class NestedNetworkTests : IDisposable
{
    private readonly NetworkLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void NestedMachine_OnAnExternalSwitch_IsReachedOnlyWithMacAddressSpoofing()
    {
        _lab.Serve("--dhcp-range=10.50.0.100,10.50.0.120,1h", "--dhcp-authoritative");
        _ = _lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        _lab.StartL1("L1", "Outside");
        _ = _lab.Type("L1", "nestvisor -File /opt/network/l1-guest.ps1 -Words address=10.50.0.3/24", "L1: L2 runs on Kvm", seconds: 200);

        Assert.NotEqual(0, _lab.Ping("10.50.0.3"));
        Assert.NotEqual("0", _lab.Do("(Get-VMNetworkAdapter -VMName L1).Counters['DroppedForeignSource']").Trim());

        _ = _lab.Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing On");
        Assert.Equal(0, _lab.Ping("10.50.0.3"));
        Assert.Contains("hello of L2", _lab.Outside.Run($"{_lab.Busybox} wget -q -O - http://10.50.0.3/hello"), StringComparison.Ordinal);
        string lease = _lab.RunInL2("L1", "ip address flush dev eth0; udhcpc -q -n -i eth0 -s /bin/dhcp-lease");
        Match address = Regex.Match(lease, @"eth0: lease (10\.50\.0\.1\d\d)/24 gateway 10\.50\.0\.1 ");
        Assert.True(address.Success, lease);
        Assert.Equal(0, _lab.Ping(address.Groups[1].Value));

        _ = _lab.Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing Off");
        Assert.NotEqual(0, _lab.Ping(address.Groups[1].Value));
    }

    // A laboratory of a cluster: the nodes are in machines of their own, and have an address from one of them.
    [Fact]
    public void NestedMachines_OfTwoMachinesOnOneSwitch_ReachEachOther()
    {
        _ = _lab.Do("New-VMSwitch -Name Cluster -SwitchType Private");
        _lab.StartL1("A", "Cluster");
        _lab.StartL1("B", "Cluster");
        _ = _lab.Do("Get-VMNetworkAdapter -VMName A, B | Set-VMNetworkAdapter -MacAddressSpoofing On");

        _ = _lab.Type("A", "nestvisor -File /opt/network/l1-guest.ps1 -Words \"address=10.60.0.1/24 lease=10.60.0.2\"", "L1: L2 runs on Kvm", seconds: 300);
        _ = _lab.Type("B", "nestvisor -File /opt/network/l1-guest.ps1 -Words dhcp=1", "L1: L2 runs on Kvm", seconds: 300);

        Assert.Contains("lease 10.60.0.2/", _lab.Do("Get-VMConsoleLog B"), StringComparison.Ordinal);
        foreach ((string machine, string other) in (ReadOnlySpan<(string, string)>)[("B", "10.60.0.1"), ("A", "10.60.0.2")])
        {
            string answer = _lab.RunInL2(machine, $"ping -c 2 {other}; wget -q -O - http://{other}/hello");
            Assert.Contains("2 packets received", answer, StringComparison.Ordinal);
            Assert.Contains("console of L2: hello of L2", answer, StringComparison.Ordinal);
        }
    }

    // Each level has chosen a prefix that is not the other's.
    [Fact]
    public void NestedMachine_OnTheDefaultSwitchOfL1WhichIsOnThatOfTheHost_IsOnline()
    {
        _ = _lab.Serve();
        _lab.StartL1("L1", "Default Switch");
        string outer = _lab.Type("L1", "udhcpc -q -n -i eth0 -s /opt/network/bin/dhcp-lease", "eth0: lease .*gateway .*");

        _ = _lab.Type("L1", "nestvisor -File /opt/network/l1-guest.ps1 -Words dhcp=1 -Switch \"Default Switch\"", "L1: L2 runs on Kvm", seconds: 200);

        string inner = _lab.Do("Get-VMConsoleLog L1 | Select-String 'console of L2: eth0: lease .*gateway'");
        Assert.NotEqual(outer.Split("gateway ")[1].Split(' ')[0], inner.Split("gateway ")[1].Split(' ')[0]);
        Assert.Contains("L2: hello of the outside", _lab.RunInL2("L1", "wget -q -O - http://10.50.0.1/hello"), StringComparison.Ordinal);
    }

    [Fact]
    public void NestedMachine_BehindNatInL1WithThePagesLines_ReachesOutAndIsReachedByAMapping()
    {
        _lab.Serve();
        _ = _lab.Outside.Run("ip address add fd00:50::1/64 dev out0 nodad && ip route add fd00:100::/64 via fd00:50::4");
        _ = _lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        _lab.StartL1("L1", "Outside", "3GB");
        _ = _lab.Type("L1", "ip address add 10.50.0.4/24 dev eth0; ip address add fd00:50::4/64 dev eth0; echo added", "^added");

        _ = _lab.Type("L1", "nestvisor -File /opt/network/l1-nat.ps1", "L1: L2 runs on Kvm", seconds: 500);

        Assert.Contains("L2: configured, 192.168.100.2 by 192.168.100.1", _lab.Do("Get-VMConsoleLog L1"), StringComparison.Ordinal);
        string byAddress = _lab.RunInL2("L1", "ping -c 2 10.50.0.1; nslookup server.example 10.50.0.1 | grep Address");
        Assert.Contains("2 packets received", byAddress, StringComparison.Ordinal);
        Assert.Contains("L2: Address: 10.50.0.1", byAddress, StringComparison.Ordinal);
        Assert.Contains("L2: hello of the outside", _lab.RunInL2("L1", "wget -q -O - http://server.example/hello"), StringComparison.Ordinal);
        string byIPv6 = _lab.RunInL2("L1", "ping6 -c 2 fd00:50::1; wget -q -O - http://[fd00:50::1]/hello");
        Assert.Contains("2 packets received", byIPv6, StringComparison.Ordinal);
        Assert.Contains("L2: hello of the outside", byIPv6, StringComparison.Ordinal);

        _ = _lab.RunInL2("L1", "echo hello of L2 > /tmp/hello; httpd -p 80 -h /tmp");
        Assert.Equal("hello of L2", _lab.Outside.Run($"{_lab.Busybox} wget -q -O - http://10.50.0.4:8080/hello").Trim());
        Assert.Equal("hello of L2", _lab.Outside.Run($"{_lab.Busybox} wget -q -O - http://[fd00:100::2]/hello").Trim());
        Assert.Equal("Off", _lab.Do("(Get-VMNetworkAdapter -VMName L1).MacAddressSpoofing").Trim());
    }

    [Fact]
    public void AdapterOfL1_InAVlan_IsReachedFromThatVlanAlone()
    {
        _ = _lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        _lab.StartL1("L1", "Outside");

        _ = _lab.Type("L1", "nestvisor -File /opt/network/l1-vlan.ps1", "L1: L2 runs on Kvm", seconds: 300);

        string said = _lab.Do("Get-VMConsoleLog L1");
        foreach (string line in (string[])
        [
            "L1: Access (10) True",
            "console of L2: tagged to the adapter in the VLAN: 0",
            "console of L2: tagged to the adapter in none: 1",
            "console of L2: untagged to the adapter in the VLAN: 1",
            "console of L2: untagged to the adapter in none: 0",
            "console of L2: untagged to the adapter that has left the VLAN: 0",
            "L1: Untagged True",
            "console of L2: untagged to the first adapter in another VLAN: 1",
            "console of L2: tagged to the first adapter in that VLAN: 0",
            "L1: interfaces left: 0",
        ])
        {
            Assert.Contains(line, said, StringComparison.Ordinal);
        }
    }
}
