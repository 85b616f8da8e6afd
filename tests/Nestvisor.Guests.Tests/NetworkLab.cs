using System.Diagnostics;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Nestvisor on a host in a network namespace, and a neighbour outside: 10.50.0.2 at up0 and 10.50.0.1 at out0. What guests print is read from their
/// consoles.
/// </summary>
internal sealed class NetworkLab : IDisposable
{
    private const string Boot = "console=ttyS0 quiet panic=-1 cryptomgr.notests";

    private readonly NetworkSandbox _host = new();
    private readonly List<Process> _servers = [];
    private int _typed;

    /// <summary>Prepares the host and starts the service.</summary>
    /// <param name="user">Who runs it.</param>
    /// <param name="confined">Whether the user can make no user namespace.</param>
    public NetworkLab(GuestUser user = GuestUser.Caller, bool confined = false)
    {
        try
        {
            Assert.SkipUnless(user == GuestUser.Caller || NetworkSandbox.IsInstalled("pasta"), "pasta is not installed: apt-get install passt");
            _host.Connect("up0", Outside, "out0");
            _ = Outside.Run("ip address add 10.50.0.1/24 dev out0");
            _ = _host.Run("ip address add 10.50.0.2/24 dev up0 && ip route add default via 10.50.0.1");
            Session = new LabSession(user, user == GuestUser.Caller ? _host.Prefix : confined ? _host.ConfinedUserPrefix : _host.UserPrefix);
        }
        catch
        {
            // Nobody disposes of what was never made whole.
            Outside.Dispose();
            _host.Dispose();
            throw;
        }
    }

    /// <summary>The host.</summary>
    public NetworkSandbox Host => _host;

    /// <summary>The neighbour.</summary>
    public NetworkSandbox Outside { get; } = new();

    public LabSession Session { get; }

    public string Busybox => Directory.GetDirectories(Path.Combine(Session.Folder.Root, "artifacts", "guests", "cache", "packages"), "busybox-static_*")[0] + "/bin/busybox";

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

        Outside.Dispose();
        _host.Dispose();
    }

    /// <summary>Starts a network guest, and waits until it is ready.</summary>
    public void StartGuest(string name, string switchName, string words, int processors = 1) => Do($"""
        New-VM -Name {name} -MemoryStartupBytes 160MB -SwitchName '{switchName}' | Out-Null
        Set-VMProcessor -VMName {name} -Count {processors}
        Set-VMFirmware -VMName {name} -KernelPath '{Session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{Session.Folder.Guest("net.cpio")}' -KernelCommandLine '{Boot} name={name} {words}'
        Start-VM -Name {name}
        Wait-VMConsoleText -VMName {name} -Pattern '{name}: ready' -Timeout 300 | Out-Null
        """);

    /// <summary>Starts a lab guest with extensions, and waits until it is ready.</summary>
    public void StartL1(string name, string switchName, string memory = "1GB") => Do($"""
        New-VM -Name {name} -MemoryStartupBytes {memory} -SwitchName '{switchName}' | Out-Null
        Set-VMProcessor -VMName {name} -ExposeVirtualizationExtensions $true
        Set-VMFirmware -VMName {name} -KernelPath '{Session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{Session.Folder.Guest("l1.cpio")}' -KernelCommandLine '{Boot} name={name} task=network'
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("nestvisor.img")}' -ReadOnly
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("network.img")}' -ReadOnly
        Start-VM -Name {name}
        Wait-VMConsoleText -VMName {name} -Pattern '{name}: ready' -Timeout 300 | Out-Null
        """);

    /// <summary>Starts a guest with systemd, and waits for its shell, not for its network.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="switchName">Where its eth0 is.</param>
    /// <param name="words">Who configures it, such as <c>manager=networkd</c>: see guests/systemd/init.</param>
    public void StartSystemd(string name, string switchName, string words) => Do($"""
        New-VM -Name {name} -MemoryStartupBytes 768MB -SwitchName '{switchName}' | Out-Null
        Set-VMProcessor -VMName {name} -ExposeVirtualizationExtensions $true
        Set-VMFirmware -VMName {name} -KernelPath '{Session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{Session.Folder.Guest("systemd.cpio")}' -KernelCommandLine '{Boot} name={name} {words}'
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("systemd.img")}' -ReadOnly
        Add-VMHardDiskDrive -VMName {name} -Path '{Session.Folder.Guest("nestvisor.img")}' -ReadOnly
        Start-VM -Name {name}
        Wait-VMConsoleText -VMName {name} -Pattern '^{name}: ready' -Timeout 300 | Out-Null
        """);

    /// <summary>Lets the neighbour outside offer pages, and a name of its own.</summary>
    /// <returns>The folder of the pages.</returns>
    public string Serve(params string[] more)
    {
        string folder = Session.Folder.File("www");
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "hello"), "hello of the outside\n");
        Start(Busybox, "httpd", "-f", "-p", "80", "-h", folder);
        Start([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts", "--bind-interfaces",
            "--listen-address=10.50.0.1", "--address=/server.example/10.50.0.1", $"--dhcp-leasefile={Session.Folder.File("leases")}", .. more]);
        return folder;
    }

    /// <summary>Lets the neighbour outside know one name at an address of its own, and no other.</summary>
    public void ServeNames(string address, string name) => Start(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts", "--bind-interfaces",
        $"--listen-address={address}", $"--address=/{name}/{address}");

    /// <summary>Pings from outside.</summary>
    /// <returns>0 if there was an answer.</returns>
    public int Ping(string address) => Outside.Try($"ip neigh flush dev out0; {Busybox} ping -c 4 -W 2 -A {address}").Code;

    /// <summary>Runs commands of Nestvisor's shell, which must succeed.</summary>
    public string Do(string commands)
    {
        (int code, string output, string error) = Session.Command("$ErrorActionPreference = 'Stop'\n" + commands);
        Assert.True(code == 0, output + error);
        return output;
    }

    /// <summary>Types a line at the console of a network guest. Returns what it has printed.</summary>
    public string Run(string machine, string line)
    {
        string end = $"end of {++_typed}";

        // The quotes tell the line as it is typed from what it prints.
        string console = Type(machine, $"{line}; echo \"end of\" {_typed}", $"^{end}$", more: $"Get-VMConsoleLog {machine}");
        console = console[..console.LastIndexOf(end, StringComparison.Ordinal)];
        return console[(console.LastIndexOf($"end of {_typed - 1}", StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Types a line at the console of the machine in a machine. Returns the end of what it has printed.</summary>
    public string RunInL2(string machine, string line)
    {
        _typed++;
        _ = Type(machine, $"nestvisor -File /opt/network/l1-type.ps1 -Number {_typed} -Line \"{line}\"", $"^L1: typed {_typed}$");
        string console = Do($"Get-VMConsoleLog {machine}");
        return console[console.LastIndexOf($"-Number {_typed} ", StringComparison.Ordinal)..];
    }

    /// <summary>Types a line at a machine's console, waits for a line of its that matches, and runs one more command of Nestvisor's shell.</summary>
    public string Type(string machine, string line, string answer, int seconds = 120, string more = "") => Do($"""
        Send-VMConsoleText -VMName {machine} '{line.Replace("'", "''", StringComparison.Ordinal)}'
        Wait-VMConsoleText -VMName {machine} -Pattern '{answer}' -Timeout {seconds}
        {more}
        """);

    private void Start(params string[] words) => _servers.Add(LabProcess.Start([.. Outside.Prefix, .. words]));
}
