using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Guests.Tests;

/// <summary>Nested machines on the network, as Microsoft's page has them: a host in a network namespace, and a neighbour outside.</summary>
public sealed class NetworkTests : IDisposable
{
    private const string Boot = "console=ttyS0 quiet panic=-1 cryptomgr.notests";

    private readonly NetworkSandbox _host = new();
    private readonly NetworkSandbox _outside = new();
    private readonly LabSession _session;

    public NetworkTests()
    {
        _host.Connect("up0", _outside, "out0");
        _ = _outside.Run("ip address add 10.50.0.1/24 dev out0");
        _ = _host.Run("ip address add 10.50.0.2/24 dev up0 && ip route add default via 10.50.0.1");
        _session = new LabSession(GuestUser.Caller, _host.Prefix);
    }

    public void Dispose()
    {
        _ = _session.Command("Get-VM | Stop-VM -TurnOff; Get-VMSwitch | Where-Object Name -ne 'Default Switch' | Remove-VMSwitch -Force");
        _session.Dispose();
        _outside.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void Machine_OnTheDefaultSwitch_IsOnlineWithoutANetworkCommand()
    {
        Serve();
        Do($"""
            New-VM -Name Guest -MemoryStartupBytes 160MB -SwitchName 'Default Switch' | Out-Null
            Set-VMFirmware -VMName Guest -KernelPath '{_session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{_session.Folder.Guest("net.cpio")}' -KernelCommandLine '{Boot} name=Guest dhcp=1'
            Start-VM -Name Guest
            """);

        Assert.Contains("lease", Await("Guest", "eth0: lease .*gateway .*dns"), StringComparison.Ordinal);
        Assert.Contains("hello of the outside", Type("Guest", "wget -q -O - http://10.50.0.1/hello", "hello of .*"), StringComparison.Ordinal);
        string address = Do("(Get-VMNetworkAdapter -VMName Guest).IPAddresses -like '*.*.*.*'").Trim();
        Assert.Contains(address, Do("Get-VMConsoleLog Guest | Select-String lease"), StringComparison.Ordinal);
    }

    [Fact]
    public void NestedMachine_OnAnExternalSwitch_IsReachedOnlyWithMacAddressSpoofing()
    {
        StartL1("Outside", "New-VMSwitch -Name Outside -NetAdapterName up0 | Out-Null");
        _ = Type("L1", "nestvisor -File /opt/network/l1-external.ps1 -Address 10.50.0.3/24", "L1: L2 runs on Kvm", seconds: 200);

        Assert.NotEqual(0, Ping("10.50.0.3"));
        Assert.NotEqual("0", Do("(Get-VMNetworkAdapter -VMName L1).Counters['DroppedForeignSource']").Trim());

        _ = Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing On");
        Assert.Equal(0, Ping("10.50.0.3"));
        Assert.Contains("hello of L2", _outside.Run($"{Busybox} wget -q -O - http://10.50.0.3/hello"), StringComparison.Ordinal);

        _ = Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing Off");
        Assert.NotEqual(0, Ping("10.50.0.3"));
    }

    [Fact]
    public void NestedMachine_BehindNatInL1_ReachesOutAndIsReachedByAMapping()
    {
        Serve();
        StartL1("Outside", "New-VMSwitch -Name Outside -NetAdapterName up0 | Out-Null");
        _ = Type("L1", "ip address add 10.50.0.4/24 dev eth0; echo added", "^added");

        string output = Type("L1", "nestvisor -File /opt/network/l1-nat.ps1", "L1: L2 runs on Kvm", seconds: 200);

        Assert.Contains("console of L2: hello of the outside", Do("Get-VMConsoleLog L1"), StringComparison.Ordinal);
        Assert.Contains("hello of L2", _outside.Run($"{Busybox} wget -q -O - http://10.50.0.4:8080/hello"), StringComparison.Ordinal);
        Assert.Equal("Off", Do("(Get-VMNetworkAdapter -VMName L1).MacAddressSpoofing").Trim());
        Assert.Contains("Kvm", output, StringComparison.Ordinal);
    }

    [Fact]
    public void AdapterOfL1_InAVlan_IsReachedFromThatVlanAlone()
    {
        StartL1("Outside", "New-VMSwitch -Name Outside -NetAdapterName up0 | Out-Null");

        _ = Type("L1", "nestvisor -File /opt/network/l1-vlan.ps1", "L1: L2 runs on Kvm", seconds: 200);

        string said = Do("Get-VMConsoleLog L1");
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

    private string Busybox => Directory.GetDirectories(Path.Combine(_session.Folder.Root, "artifacts", "guests", "cache", "packages"), "busybox-static_*")[0] + "/bin/busybox";

    private void StartL1(string switchName, string prepare) => Do($"""
        {prepare}
        New-VM -Name L1 -MemoryStartupBytes 1GB -SwitchName '{switchName}' | Out-Null
        Set-VMProcessor -VMName L1 -ExposeVirtualizationExtensions $true
        Set-VMFirmware -VMName L1 -KernelPath '{_session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{_session.Folder.Guest("l1.cpio")}' -KernelCommandLine '{Boot} name=L1 task=network'
        Add-VMHardDiskDrive -VMName L1 -Path '{_session.Folder.Guest("nestvisor.img")}' -ReadOnly
        Add-VMHardDiskDrive -VMName L1 -Path '{_session.Folder.Guest("network.img")}' -ReadOnly
        Start-VM -Name L1
        Wait-VMConsoleText -VMName L1 -Pattern 'L1: ready' -Timeout 300 | Out-Null
        """);

    // What the neighbour outside offers.
    private void Serve()
    {
        string folder = _session.Folder.File("www");
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "hello"), "hello of the outside\n");
        _ = _outside.Run($"{Busybox} httpd -p 80 -h {folder}");
    }

    private int Ping(string address) => _outside.Try($"ip neigh flush dev out0; {Busybox} ping -c 4 -W 2 -A {address}").Code;

    private string Do(string commands)
    {
        (int code, string output, string error) = _session.Command("$ErrorActionPreference = 'Stop'\n" + commands);
        Assert.True(code == 0, output + error);
        return output;
    }

    private string Await(string machine, string pattern, int seconds = 300) =>
        Do($"Wait-VMConsoleText -VMName {machine} -Pattern '{pattern}' -Timeout {seconds}");

    private string Type(string machine, string line, string answer, int seconds = 120) => Do($"""
        Send-VMConsoleText -VMName {machine} '{line}'
        Wait-VMConsoleText -VMName {machine} -Pattern '{answer}' -Timeout {seconds}
        """);
}
