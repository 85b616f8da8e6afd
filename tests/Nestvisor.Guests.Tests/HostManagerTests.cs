namespace Nestvisor.Guests.Tests;

/// <summary>
/// Windows' commands on DNS servers on hosts that Debian's own programs configure: the machine S has systemd, eth0 by DHCP of the neighbour outside, whose
/// servers of names are 10.50.0.1, which knows server.example and which DHCP names, and 10.50.0.53, which knows other.example.
/// </summary>
public sealed class HostManagerTests : IDisposable
{
    private const string First = "10.50.0.1";
    private const string Second = "10.50.0.53";
    private const string Resolved = "resolvectl dns eth0; resolvectl status eth0 | grep \"DNS Servers\"";
    private const string InFile = "grep ^nameserver /etc/resolv.conf";

    // Both are unknown for a moment when Debian's scripts have started systemd-resolved anew.
    private const string Names =
        "sh -c 'until echo $r | grep -q 10.50; do sleep 0.1; r=$(getent hosts other.example || echo no other; getent hosts server.example || echo no server); done; echo $r'";

    private const string OnlyOther = $"{Second} other.example no server\n";
    private const string OnlyServer = $"no other {First} server.example\n";

    private readonly NetworkLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Networkd_WithResolved_HasTheServersUntilItIsStartedAnew()
    {
        Start("manager=networkd", AwaitResolved(First));

        AssertSays(
            $"""
            Set-DnsClientServerAddress -InterfaceAlias eth0 -ServerAddresses {Second}
            {Show("eth0")}
            {Resolved}
            {Names}
            Netsh interface ip add dnsserver "eth0" address={First}
            networkctl renew eth0; networkctl reconfigure eth0; systemctl restart systemd-resolved
            {Await("networkctl status eth0", "(configured)")}
            {AwaitResolved($"{Second} {First}")}
            {Show("eth0")}
            systemctl restart systemd-networkd
            {AwaitResolved(First)}
            "started anew"
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            {Show("eth0")}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {AwaitResolved(First)}
            {Show("eth0")}
            {Resolved}
            {Names}
            New-VMSwitch -Name In -SwitchType Internal | Out-Null
            Netsh interface ip add dnsserver "vEthernet (In)" address={Second}
            {Show("vEthernet (In)")}
            Set-DnsClientServerAddress "vEthernet (In)" -ResetServerAddresses
            {Show("vEthernet (In)")}
            """,
            "DNS servers of 'eth0' have been set in systemd-resolved, which forgets them when this host or systemd-networkd is started anew.",
            $"eth0 has {Second}.",
            $"(eth0): {Second}\n",
            $"DNS Servers: {Second}\n",
            OnlyOther,
            $"eth0 has {Second} {First}.",
            "started anew",
            $"eth0 has {Second}.",
            $"eth0 has {First}.",
            $"(eth0): {First}\n",
            OnlyServer,
            "DNS servers of 'vEthernet (In)' have been set in systemd-resolved",
            $"vEthernet (In) has {Second}.",
            "vEthernet (In) has .");
    }

    [Fact]
    public void NetworkManager_KeepsTheServersInItsConnection()
    {
        Start("manager=networkmanager", Await("cat /etc/resolv.conf", $"^nameserver {First}"));

        AssertSays(
            $"""
            Set-DnsClientServerAddress -InterfaceAlias eth0 -ServerAddresses {Second}
            {AwaitLast(Second)}
            {Show("eth0")}
            {InFile}
            {Names}
            Netsh interface ip add dnsserver "eth0" address={First}
            {AwaitLast(First)}
            Set-DnsClientServerAddress eth0 -ServerAddresses fd00::53
            {AwaitLast("fd00::53")}
            {Show("eth0")}
            nmcli -e no -g IP4.DNS,IP6.DNS device show eth0
            nmcli device disconnect eth0; systemctl restart NetworkManager; nm-online -q -s; nmcli device connect eth0
            {AwaitLast("fd00::53")}
            {InFile}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {AwaitLast(First)}
            {Show("eth0")}
            {InFile}
            {Names}
            nmcli connection modify "Wired connection 1" ipv4.method manual ipv4.addresses 10.50.0.9/24 ipv4.dns {First} ipv6.method disabled
            nmcli connection up "Wired connection 1"
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            {AwaitLast(Second)}
            {Show("eth0")}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {AwaitLast(First)}
            {Show("eth0")}
            Set-DnsClientServerAddress eth0 -ServerAddresses fd00::53
            Set-DnsClientServerAddress lo -ServerAddresses {Second}
            New-VMSwitch -Name In -SwitchType Internal | Out-Null
            Netsh interface ip add dnsserver "vEthernet (In)" address={Second}
            {InFile}
            systemctl stop NetworkManager
            {Show("eth0")}
            """,
            "DNS servers of 'eth0' have been set in NetworkManager's connection on it, which keeps them",
            $"eth0 has {Second}.",
            $"nameserver {Second}",
            OnlyOther,
            $"eth0 has {Second} {First} fd00::53.",
            $"{Second} | {First}\nfd00::53",
            $"nameserver {Second}\nnameserver {First}\nnameserver fd00::53",
            $"eth0 has {First}.",
            $"nameserver {First}\n",
            OnlyServer,
            $"eth0 has {Second}.",
            $"eth0 has {First}.",
            "ipv6.dns: this property is not allowed for 'method=disabled'",
            "'lo' is the loopback",
            "/etc/resolv.conf: it has been changed. NetworkManager may write it anew.",
            $"nameserver {First}\nnameserver {Second}",

            // The files of it that tell otherwise are still there.
            $"eth0 has {First} {Second}.");
    }

    [Fact]
    public void NetworkManager_WithResolved_TellsItTheServers()
    {
        // With each event of NetworkManager's this script of Debian's starts systemd-resolved anew, which does not answer then, and after some
        // restarts not at all any more (start-limit-hit).
        Start("manager=networkmanager resolver=resolved", $"rm /etc/network/if-up.d/resolved; {AwaitResolved(First)}");

        AssertSays(
            $"""
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            {AwaitResolved(Second)}
            {Resolved}
            {Names}
            systemctl restart systemd-resolved NetworkManager
            {AwaitResolved(Second)}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {AwaitResolved(First)}
            {Resolved}
            {Names}
            New-VMSwitch -Name Out -NetAdapterName eth0 -AllowManagementOS $true | Out-Null
            Set-DnsClientServerAddress "vEthernet (Out)" -ServerAddresses {Second}
            {Show("vEthernet (Out)")}
            {Names}
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            Remove-VMSwitch Out -Force
            {AwaitResolved(First)}
            "connections of the switch left: $(ls /etc/NetworkManager/system-connections /run/NetworkManager/system-connections | grep -c nestvisor)"
            """,
            "NetworkManager's connection on it, which keeps them",
            $"(eth0): {Second}\n",
            $"DNS Servers: {Second}\n",
            OnlyOther,
            $"(eth0): {First}\n",
            $"DNS Servers: {First}\n",
            OnlyServer,
            "they are forgotten with the switch",
            $"vEthernet (Out) has {Second}.",
            OnlyOther,
            "'eth0' has no addresses and no DNS servers of its own",
            "connections of the switch left: 0");
    }

    [Fact]
    public void Dhcpcd_WithResolved_HasItsServersAfterAReset()
    {
        Start("manager=dhcpcd resolver=resolved", AwaitResolved(First));

        AssertSays(
            $"""
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            systemctl restart systemd-resolved
            {Show("eth0")}
            {Resolved}
            {Names}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {Resolved}
            {Names}
            """,
            "A DHCP client may set others",
            $"eth0 has {Second}.",
            $"(eth0): {Second}\n",
            $"DNS Servers: {Second}\n",
            OnlyOther,
            $"(eth0): {First}\n",
            $"DNS Servers: {First}\n",
            OnlyServer);
    }

    [Theory]
    [InlineData("ifupdown", "ifdown eth0; ifup eth0", "A DHCP client")]
    [InlineData("dhcpcd", "systemctl restart dhcpcd", "dhcpcd")]
    public void DhcpClient_WithTheFile_MayWriteItAnew(string manager, string anew, string named)
    {
        Start($"manager={manager}", Await("cat /etc/resolv.conf", $"^nameserver {First}"));

        AssertSays(
            $"""
            Set-DnsClientServerAddress eth0 -ServerAddresses {Second}
            {Show("eth0")}
            {Names}
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {Show("eth0")}
            Netsh interface ip add dnsserver "eth0" address={Second}
            {InFile}
            {anew}
            sh -c "while grep -q 'nameserver {Second}' /etc/resolv.conf || ! grep -q 'nameserver {First}' /etc/resolv.conf; do sleep 1; done"
            Set-DnsClientServerAddress eth0 -ResetServerAddresses
            {InFile}
            {Names}
            """,
            $"/etc/resolv.conf: it has been changed. {named} may write it anew.",
            $"eth0 has {Second}.",
            OnlyOther,
            $"eth0 has {First}.",
            $"nameserver {First}\nnameserver {Second}",
            "stay as they are",
            $"nameserver {First}\n",
            OnlyServer);
    }

    private static string Show(string adapter) => $"\"{adapter} has $((Get-DnsClientServerAddress \"{adapter}\").ServerAddresses).\"";

    // Waits until a line that a program prints ends so.
    private static string Await(string program, string end) => $"sh -c \"until {program} 2>&1 | grep -q '{end}$'; do sleep 1; done\"";

    // NetworkManager writes the file a moment after it has taken a change.
    private static string AwaitLast(string server) => Await("tail -n 1 /etc/resolv.conf", $"nameserver {server}");

    private static string AwaitResolved(string servers) => Await("resolvectl dns eth0", $"(eth0): {servers}");

    private void Start(string words, string ready)
    {
        _ = _lab.Outside.Run($"ip address add {Second}/24 dev out0");
        _ = _lab.Serve("--dhcp-range=10.50.0.100,10.50.0.120,1h", "--dhcp-authoritative");
        _lab.ServeNames(Second, "other.example");
        _ = _lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        _lab.StartSystemd("S", "Outside", words);
        _ = _lab.Run("S", ready);
    }

    // One shell for all of it: what its start takes is most of a test's time.
    private void AssertSays(string script, params string[] expected)
    {
        string line = script.Replace("\n", "; ", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal);
        string said = _lab.Run("S", $"COLUMNS=400 nestvisor -NoProfile -Command '{line}' 2>&1 | cat");
        int at = 0;
        foreach (string text in expected)
        {
            int found = said.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{text}' is not in: {said[at..]}\nof: {said}");
            at = found + text.Length;
        }
    }
}
