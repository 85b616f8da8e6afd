using System.Diagnostics;
using System.Text.RegularExpressions;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Guests.Tests;

/// <summary>Nested machines on the network, as Microsoft's page has them: a host in a network namespace, and a neighbour outside.</summary>
public sealed class NetworkTests : IDisposable
{
    private const string Boot = "console=ttyS0 quiet panic=-1 cryptomgr.notests";

    private readonly NetworkSandbox _host = new();
    private readonly NetworkSandbox _outside = new();
    private LabSession? _started;
    private readonly List<Process> _servers = [];
    private int _typed;

    public NetworkTests()
    {
        _host.Connect("up0", _outside, "out0");
        _ = _outside.Run("ip address add 10.50.0.1/24 dev out0");
        _ = _host.Run("ip address add 10.50.0.2/24 dev up0 && ip route add default via 10.50.0.1");
    }

    public void Dispose()
    {
        _ = Session.Command("Get-VM | Stop-VM -TurnOff; Get-VMSwitch | Where-Object Name -ne 'Default Switch' | Remove-VMSwitch -Force");
        Session.Dispose();
        foreach (Process server in _servers)
        {
            server.Kill();
            server.WaitForExit();
            server.Dispose();
        }

        _outside.Dispose();
        _host.Dispose();
    }

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Machine_OnTheDefaultSwitch_IsOnlineWithoutANetworkCommand(GuestUser user)
    {
        Assert.SkipUnless(user == GuestUser.Caller || NetworkSandbox.IsInstalled("pasta"), "pasta is not installed: apt-get install passt");
        _started = new LabSession(user, user == GuestUser.Caller ? _host.Prefix : _host.UserPrefix);
        Serve();
        Do($"""
            New-VM -Name Guest -MemoryStartupBytes 160MB -SwitchName 'Default Switch' | Out-Null
            Set-VMFirmware -VMName Guest -KernelPath '{Session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{Session.Folder.Guest("net.cpio")}' -KernelCommandLine '{Boot} name=Guest dhcp=1'
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
        Serve("--dhcp-range=10.50.0.100,10.50.0.120,1h", "--dhcp-authoritative");
        _ = Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        StartL1("L1", "Outside");
        _ = Type("L1", "nestvisor -File /opt/network/l1-external.ps1 -Words address=10.50.0.3/24", "L1: L2 runs on Kvm", seconds: 200);

        Assert.NotEqual(0, Ping("10.50.0.3"));
        Assert.NotEqual("0", Do("(Get-VMNetworkAdapter -VMName L1).Counters['DroppedForeignSource']").Trim());

        _ = Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing On");
        Assert.Equal(0, Ping("10.50.0.3"));
        Assert.Contains("hello of L2", _outside.Run($"{Busybox} wget -q -O - http://10.50.0.3/hello"), StringComparison.Ordinal);
        string lease = TypeInL2("L1", "ip address flush dev eth0; udhcpc -q -n -i eth0 -s /bin/dhcp-lease");
        Match address = Regex.Match(lease, @"eth0: lease (10\.50\.0\.1\d\d)/24 gateway 10\.50\.0\.1 ");
        Assert.True(address.Success, lease);
        Assert.Equal(0, Ping(address.Groups[1].Value));

        _ = Do("Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing Off");
        Assert.NotEqual(0, Ping(address.Groups[1].Value));
    }

    // A laboratory of a cluster: the nodes are in machines of their own, and have an address from one of them.
    [Fact]
    public void NestedMachines_OfTwoMachinesOnOneSwitch_ReachEachOther()
    {
        _ = Do("New-VMSwitch -Name Cluster -SwitchType Private");
        StartL1("A", "Cluster");
        StartL1("B", "Cluster");
        _ = Do("Get-VMNetworkAdapter -VMName A, B | Set-VMNetworkAdapter -MacAddressSpoofing On");

        _ = Type("A", "nestvisor -File /opt/network/l1-external.ps1 -Words \"address=10.60.0.1/24 lease=10.60.0.2\"", "L1: L2 runs on Kvm", seconds: 300);
        _ = Type("B", "nestvisor -File /opt/network/l1-external.ps1 -Words dhcp=1", "L1: L2 runs on Kvm", seconds: 300);

        Assert.Contains("lease 10.60.0.2/", Do("Get-VMConsoleLog B"), StringComparison.Ordinal);
        foreach ((string machine, string other) in (ReadOnlySpan<(string, string)>)[("B", "10.60.0.1"), ("A", "10.60.0.2")])
        {
            string answer = TypeInL2(machine, $"ping -c 2 {other}; wget -q -O - http://{other}/hello");
            Assert.Contains("2 packets received", answer, StringComparison.Ordinal);
            Assert.Contains("console of L2: hello of L2", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void NestedMachine_BehindNatInL1WithThePagesLines_ReachesOutAndIsReachedByAMapping()
    {
        Serve();
        _ = _outside.Run("ip address add fd00:50::1/64 dev out0 nodad && ip route add fd00:100::/64 via fd00:50::4");
        _ = Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        StartL1("L1", "Outside", "3GB");
        _ = Type("L1", "ip address add 10.50.0.4/24 dev eth0; ip address add fd00:50::4/64 dev eth0; echo added", "^added");

        _ = Type("L1", "nestvisor -File /opt/network/l1-nat.ps1", "L1: L2 runs on Kvm", seconds: 500);

        Assert.Contains("L2: configured, 192.168.100.2 by 192.168.100.1", Do("Get-VMConsoleLog L1"), StringComparison.Ordinal);
        string byAddress = TypeInL2("L1", "ping -c 2 10.50.0.1; nslookup server.example 10.50.0.1 | grep Address");
        Assert.Contains("2 packets received", byAddress, StringComparison.Ordinal);
        Assert.Contains("L2: Address: 10.50.0.1", byAddress, StringComparison.Ordinal);
        Assert.Contains("L2: hello of the outside", TypeInL2("L1", "wget -q -O - http://server.example/hello"), StringComparison.Ordinal);
        string byIPv6 = TypeInL2("L1", "ping6 -c 2 fd00:50::1; wget -q -O - http://[fd00:50::1]/hello");
        Assert.Contains("2 packets received", byIPv6, StringComparison.Ordinal);
        Assert.Contains("L2: hello of the outside", byIPv6, StringComparison.Ordinal);

        _ = TypeInL2("L1", "echo hello of L2 > /tmp/hello; httpd -p 80 -h /tmp");
        Assert.Equal("hello of L2", _outside.Run($"{Busybox} wget -q -O - http://10.50.0.4:8080/hello").Trim());
        Assert.Equal("hello of L2", _outside.Run($"{Busybox} wget -q -O - http://[fd00:100::2]/hello").Trim());
        Assert.Equal("Off", Do("(Get-VMNetworkAdapter -VMName L1).MacAddressSpoofing").Trim());
    }

    private LabSession Session => _started ??= new LabSession(GuestUser.Caller, _host.Prefix);

    private string Busybox => Directory.GetDirectories(Path.Combine(Session.Folder.Root, "artifacts", "guests", "cache", "packages"), "busybox-static_*")[0] + "/bin/busybox";

    private void StartL1(string name, string switchName, string memory = "1GB") => Do($"""
        New-VM -Name {name} -MemoryStartupBytes {memory} -SwitchName '{switchName}' | Out-Null
        Set-VMProcessor -VMName {name} -ExposeVirtualizationExtensions $true
        Set-VMFirmware -VMName {name} -KernelPath '{Session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{Session.Folder.Guest("l1.cpio")}' -KernelCommandLine '{Boot} name={name} task=network'
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("nestvisor.img")}' -ReadOnly
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("network.img")}' -ReadOnly
        Start-VM -Name {name}
        Wait-VMConsoleText -VMName {name} -Pattern '{name}: ready' -Timeout 300 | Out-Null
        """);

    // What the neighbour outside offers: pages, and a name of its own.
    private void Serve(params string[] more)
    {
        string folder = Session.Folder.File("www");
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "hello"), "hello of the outside\n");
        Start(Busybox, "httpd", "-f", "-p", "80", "-h", folder);
        Start([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts", "--bind-interfaces",
            "--listen-address=10.50.0.1", "--address=/server.example/10.50.0.1", $"--dhcp-leasefile={Session.Folder.File("leases")}", .. more]);
    }

    private void Start(params string[] words) => _servers.Add(LabProcess.Start([.. _outside.Prefix, .. words]));

    private int Ping(string address) => _outside.Try($"ip neigh flush dev out0; {Busybox} ping -c 4 -W 2 -A {address}").Code;

    private string Do(string commands)
    {
        (int code, string output, string error) = Session.Command("$ErrorActionPreference = 'Stop'\n" + commands);
        Assert.True(code == 0, output + error);
        return output;
    }

    private string Await(string machine, string pattern, int seconds = 300) =>
        Do($"Wait-VMConsoleText -VMName {machine} -Pattern '{pattern}' -Timeout {seconds}");

    // At the console of the machine in a machine. Returns the end of what it has printed.
    private string TypeInL2(string machine, string line)
    {
        _typed++;
        _ = Type(machine, $"nestvisor -File /opt/network/l1-type.ps1 -Number {_typed} -Line \"{line}\"", $"^L1: typed {_typed}$");
        string console = Do($"Get-VMConsoleLog {machine}");
        return console[console.LastIndexOf($"-Number {_typed} ", StringComparison.Ordinal)..];
    }

    private string Type(string machine, string line, string answer, int seconds = 120) => Do($"""
        Send-VMConsoleText -VMName {machine} '{line}'
        Wait-VMConsoleText -VMName {machine} -Pattern '{answer}' -Timeout {seconds}
        """);
}
