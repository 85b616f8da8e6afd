namespace Nestvisor.Guests.Tests;

/// <summary>
/// Windows' commands on DNS servers on hosts that Debian's own programs configure: the machine S has systemd, eth0 by DHCP of the neighbour outside, whose
/// servers of names are 10.50.0.1, which knows server.example and which DHCP names, and 10.50.0.53, which knows other.example.
/// </summary>
public sealed class HostManagerTests : IDisposable
{
    private const string First = "10.50.0.1";
    private const string Second = "10.50.0.53";

    private readonly NetworkLab _lab = new();

    public HostManagerTests()
    {
        _ = _lab.Outside.Run($"ip address add {Second}/24 dev out0");
        _lab.Serve("--dhcp-range=10.50.0.100,10.50.0.120,1h", "--dhcp-authoritative");
        _lab.ServeNames(Second, "other.example");
        _ = _lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Networkd_WithResolved_HasTheServersUntilItIsStartedAnew()
    {
        Start("manager=networkd");
        AwaitResolved(First);

        string said = Shell($"Set-DnsClientServerAddress -InterfaceAlias eth0 -ServerAddresses {Second}; {Show("eth0")}");
        Assert.Contains("or systemd-networkd is started anew", said, StringComparison.Ordinal);
        Assert.Contains($"eth0 has {Second}.", said, StringComparison.Ordinal);
        AssertResolved(Second);
        AssertNames(other: true, server: false);

        said = Shell($"Netsh interface ip add dnsserver \"eth0\" address={First}; {Show("eth0")}");
        Assert.Contains($"eth0 has {Second} {First}.", said, StringComparison.Ordinal);
        AssertResolved($"{Second} {First}");
        _ = Run("networkctl renew eth0; networkctl reconfigure eth0; systemctl restart systemd-resolved");
        Await("networkctl status eth0", "(configured)");
        AwaitResolved($"{Second} {First}");

        _ = Run("systemctl restart systemd-networkd");
        AwaitResolved(First);
        said = Shell($"Set-DnsClientServerAddress eth0 -ServerAddresses {Second}; {Show("eth0")}; Set-DnsClientServerAddress eth0 -ResetServerAddresses; {Show("eth0")}");
        Assert.Contains($"eth0 has {Second}.", said, StringComparison.Ordinal);
        Assert.Contains($"eth0 has {First}.", said, StringComparison.Ordinal);
        AssertResolved(First);
        AssertNames(other: false, server: true);

        // The port of this host on a switch is not networkd's.
        said = Shell($"""
            New-VMSwitch -Name In -SwitchType Internal | Out-Null
            Netsh interface ip add dnsserver "vEthernet (In)" address={Second}
            {Show("vEthernet (In)")}
            Set-DnsClientServerAddress "vEthernet (In)" -ResetServerAddresses
            {Show("vEthernet (In)")}
            """);
        Assert.Contains("DNS servers of 'vEthernet (In)' have been set in systemd-resolved", said, StringComparison.Ordinal);
        Assert.Contains($"vEthernet (In) has {Second}.", said, StringComparison.Ordinal);
        Assert.Contains("vEthernet (In) has .", said, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkManager_KeepsTheServersInItsConnection()
    {
        Start("manager=networkmanager");
        Await("cat /etc/resolv.conf", $"^nameserver {First}");

        string said = Shell($"Set-DnsClientServerAddress -InterfaceAlias eth0 -ServerAddresses {Second}; {Show("eth0")}");
        Assert.Contains("NetworkManager's connection on it, which keeps them", said, StringComparison.Ordinal);
        Assert.Contains($"eth0 has {Second}.", said, StringComparison.Ordinal);
        AssertFile(Second);
        AssertNames(other: true, server: false);

        said = Shell($"Netsh interface ip add dnsserver \"eth0\" address={First}; Set-DnsClientServerAddress eth0 -ServerAddresses fd00::53; {Show("eth0")}");
        Assert.Contains($"eth0 has {Second} {First} fd00::53.", said, StringComparison.Ordinal);
        Assert.Contains($"{Second} | {First}\nfd00::53", Run("nmcli -e no -g IP4.DNS,IP6.DNS device show eth0"), StringComparison.Ordinal);
        _ = Run("nmcli device disconnect eth0; systemctl restart NetworkManager; nm-online -q; nmcli device connect eth0");
        AssertFile(Second, First, "fd00::53");

        said = Shell($"Set-DnsClientServerAddress eth0 -ResetServerAddresses; {Show("eth0")}");
        Assert.Contains($"eth0 has {First}.", said, StringComparison.Ordinal);
        AssertFile(First);
        AssertNames(other: false, server: true);

        _ = Run($"nmcli connection modify 'Wired connection 1' ipv4.method manual ipv4.addresses 10.50.0.9/24 ipv4.dns {First} ipv6.method disabled; nmcli connection up 'Wired connection 1'");
        said = Shell($"""
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            {Show("eth0")}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {Show("eth0")}
            Set-DnsClientServerAddress eth0 -ServerAddresses fd00::53
            Set-DnsClientServerAddress lo -ServerAddresses {Second}
            New-VMSwitch -Name In -SwitchType Internal | Out-Null
            Netsh interface ip add dnsserver "vEthernet (In)" address={Second}
            """);
        Assert.Contains($"eth0 has {Second}.", said, StringComparison.Ordinal);
        Assert.Contains($"eth0 has {First}.", said, StringComparison.Ordinal);
        Assert.Contains("ipv6.dns: this property is not allowed for 'method=disabled'", said, StringComparison.Ordinal);
        Assert.Contains("'lo' is the loopback", said, StringComparison.Ordinal);
        Assert.Contains("/etc/resolv.conf: it has been changed. NetworkManager may write it anew.", said, StringComparison.Ordinal);
        AssertFile(First, Second);

        // Its files stay when it ends, and are not believed.
        _ = Run("systemctl stop NetworkManager");
        Assert.Contains($"eth0 has {First} {Second}.", Shell(Show("eth0")), StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkManager_WithResolved_TellsItTheServers()
    {
        Start("manager=networkmanager resolver=resolved");
        AwaitResolved(First);

        _ = Shell($"Set-DnsClientServerAddress eth0 -ServerAddresses {Second}");
        AssertResolved(Second);
        AssertNames(other: true, server: false);
        _ = Run("systemctl restart systemd-resolved NetworkManager; nm-online -q");
        AwaitResolved(Second);

        _ = Shell("Set-DnsClientServerAddress eth0 -ResetServerAddresses");
        AssertResolved(First);
        AssertNames(other: false, server: true);
    }

    [Fact]
    public void Dhcpcd_WithResolved_HasItsServersAfterAReset()
    {
        Start("manager=dhcpcd resolver=resolved");
        AwaitResolved(First);

        string said = Shell($"Set-DnsClientServerAddress eth0 -ServerAddresses {Second}; {Show("eth0")}");
        Assert.Contains("A DHCP client may set others", said, StringComparison.Ordinal);
        AssertResolved(Second);
        AssertNames(other: true, server: false);
        _ = Run("systemctl restart systemd-resolved");
        AssertResolved(Second);

        _ = Shell("Set-DnsClientServerAddress eth0 -ResetServerAddresses");
        AssertResolved(First);
        AssertNames(other: false, server: true);
    }

    [Theory]
    [InlineData("ifupdown", "ifdown eth0; ifup eth0", "A DHCP client")]
    [InlineData("dhcpcd", "systemctl restart dhcpcd", "dhcpcd")]
    public void DhcpClient_WithTheFile_MayWriteItAnew(string manager, string anew, string named)
    {
        Start($"manager={manager}");
        Await("cat /etc/resolv.conf", $"^nameserver {First}");

        string said = Shell($"Set-DnsClientServerAddress eth0 -ServerAddresses {Second}; {Show("eth0")}");
        Assert.Contains($"/etc/resolv.conf: it has been changed. {named} may write it anew.", said, StringComparison.Ordinal);
        Assert.Contains($"eth0 has {Second}.", said, StringComparison.Ordinal);
        AssertNames(other: true, server: false);
        said = Shell($"Set-DnsClientServerAddress eth0 -ResetServerAddresses; {Show("eth0")}; Netsh interface ip add dnsserver \"eth0\" address={Second}");
        Assert.Contains($"eth0 has {First}.", said, StringComparison.Ordinal);
        AssertFile(First, Second);

        _ = Run(anew);
        Await("cat /etc/resolv.conf", $"^nameserver {First}");
        Assert.Contains("stay as they are", Shell("Set-DnsClientServerAddress eth0 -ResetServerAddresses"), StringComparison.Ordinal);
        AssertFile(First);
        AssertNames(other: false, server: true);
    }

    private static string Show(string adapter) => $"\"{adapter} has $((Get-DnsClientServerAddress \"{adapter}\").ServerAddresses).\"";

    private void Start(string words) => _lab.StartSystemd("S", "Outside", words);

    private string Run(string line) => _lab.Run("S", line);

    // Waits until a line that a program prints ends so.
    private void Await(string program, string end) => _ = Run($"until {program} 2>&1 | grep -q '{end}$'; do sleep 1; done");

    private void AwaitResolved(string servers) => Await("resolvectl dns eth0", $"(eth0): {servers}");

    // Long lines are cut by the width of a console that has none.
    private string Shell(string commands) =>
        Run($"COLUMNS=400 nestvisor -NoProfile -Command '{commands.Replace('\n', ';').Replace("'", "'\\''", StringComparison.Ordinal)}' 2>&1 | cat");

    private void AssertResolved(string servers)
    {
        Assert.Contains($"(eth0): {servers}\n", Run("resolvectl dns eth0"), StringComparison.Ordinal);
        Assert.Contains(servers, Run("resolvectl status eth0 | grep 'DNS Servers'"), StringComparison.Ordinal);
    }

    private void AssertFile(params string[] servers) =>
        Assert.Contains($"\n{string.Join(' ', servers)} end", Run("echo $(sed -n 's/^nameserver //p' /etc/resolv.conf) end"), StringComparison.Ordinal);

    private void AssertNames(bool other, bool server)
    {
        string answer = Run("getent hosts other.example || echo no other; getent hosts server.example || echo no server");
        Assert.Equal(other, answer.Contains($"{Second} ", StringComparison.Ordinal));
        Assert.Equal(!other, answer.Contains("no other", StringComparison.Ordinal));
        Assert.Equal(server, answer.Contains($"{First} ", StringComparison.Ordinal));
        Assert.Equal(!server, answer.Contains("no server", StringComparison.Ordinal));
    }
}
