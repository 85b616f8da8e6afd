namespace Nestvisor.NetworkCommands.Tests;

/// <summary>The commands for a user who is not root: all that they show and change is in a namespace of the user's own.</summary>
public sealed class UserTests : IDisposable
{
    private readonly UserShell _shell;

    public UserTests()
    {
        Assert.SkipWhen(NetworkNamespace.Hindrance is not null, NetworkNamespace.Hindrance ?? "");
        Assert.SkipUnless(
            ((string[])["/usr/bin", "/bin", "/usr/local/bin"]).Any(folder => File.Exists(Path.Combine(folder, "pasta"))), "pasta is not installed: apt-get install passt");
        _shell = new UserShell(UserShell.Unprivileged);
    }

    public void Dispose() => _shell?.Dispose();

    [Fact]
    public void Commands_OfAUser_ActOnTheUsersNamespaceAndLeaveTheHostAlone()
    {
        Assert.Equal(
            ["192.168.100.1/24 True", "eth0|vEthernet (VmNAT)", "Way Out by pasta (eth0)", "10.9.0.2,127.0.0.1,192.168.100.1", "10.9.0.1", "8080"],
            _shell.Run(
                """
                $null = New-VMSwitch -Name VmNAT -SwitchType Internal
                $a = Get-NetAdapter 'vEthernet (VmNAT)' | New-NetIPAddress -IPAddress 192.168.100.1 -PrefixLength 24
                $n = New-NetNat LocalNAT -InternalIPInterfaceAddressPrefix 192.168.100.0/24
                "$($a.IPAddress)/$($a.PrefixLength) $($n.Active)"
                (Get-NetAdapter).Name -join '|'
                (Get-NetAdapter eth0).InterfaceDescription
                [string[]] $all = (Get-NetIPAddress -AddressFamily IPv4).IPAddress; [Array]::Sort($all); $all -join ','
                (Get-NetRoute -DestinationPrefix 0.0.0.0/0).NextHop
                (Add-NetNatStaticMapping LocalNAT -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 8080 -InternalIPAddress 192.168.100.2 -InternalPort 80).ExternalPort
                $null = New-NetRoute 203.0.113.0/24 -InterfaceAlias 'vEthernet (VmNAT)' -NextHop 192.168.100.9
                netsh interface ip add address 'vEthernet (VmNAT)' 192.168.101.1 255.255.255.0
                """));
        string inside = _shell.Inside("ip address; ip route; nft list ruleset");
        Assert.All(
            ["192.168.100.1/24", "192.168.101.1/24", "203.0.113.0/24", "8080", "masquerade"],
            own => Assert.Contains(own, inside, StringComparison.Ordinal));
        Assert.Equal(_shell.HostBefore, _shell.HostState());

        Assert.Empty(_shell.Run(
            """
            Remove-NetRoute 203.0.113.0/24 -Confirm:$false
            Remove-NetIPAddress 192.168.101.1 -Confirm:$false
            Remove-NetNatStaticMapping -StaticMappingID 1 -Confirm:$false
            Remove-NetNat LocalNAT -Confirm:$false
            Remove-NetIPAddress 192.168.100.1 -Confirm:$false
            Remove-VMSwitch VmNAT -Force
            """));
        Assert.Null(_shell.Place.FindHolder());
        Assert.Equal(_shell.HostBefore, _shell.HostState());
    }

    [Fact]
    public void WayOutAndDnsServers_Changed_AreRefusedAndItIsSaidWhoseTheyAre()
    {
        const string look = "ip -4 address; ip -4 route; ip link show eth0; cat /etc/resolv.conf";
        _ = _shell.Run("New-VMSwitch S -SwitchType Internal");
        string before = _shell.Inside(look);
        string[] commands =
        [
            "Disable-NetAdapter eth0 -Confirm:$false",
            "Enable-NetAdapter eth0",
            "Restart-NetAdapter eth0",
            "Rename-NetAdapter eth0 other",
            "Set-NetAdapter eth0 -MacAddress 00-15-5D-01-02-03",
            "New-NetIPAddress 10.9.0.3 -PrefixLength 24 -InterfaceAlias eth0",
            "Remove-NetIPAddress 10.9.0.2 -Confirm:$false",
            "Set-NetIPAddress 10.9.0.2 -PrefixLength 25",
            "New-NetRoute 203.0.113.0/24 -InterfaceAlias eth0 -NextHop 10.9.0.1",
            "Remove-NetRoute 0.0.0.0/0 -Confirm:$false",
            "Set-NetIPInterface eth0 -AddressFamily IPv4 -NlMtuBytes 1400",
            "netsh interface ip add address eth0 10.9.0.3 255.255.255.0",
            "Set-DnsClientServerAddress 'vEthernet (S)' -ServerAddresses 192.0.2.9",
            "netsh interface ip add dnsservers 'vEthernet (S)' 192.0.2.9 validate=no",
        ];

        string[] errors = _shell.Fail(commands);

        Assert.Equal(commands.Length, errors.Length);
        Assert.All(errors, error => Assert.StartsWith("1 NotSupported,", error, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.Contains("root", error, StringComparison.Ordinal));
        Assert.Equal(before, _shell.Inside(look));
        Assert.Equal(_shell.HostBefore, _shell.HostState());
    }

    [Fact]
    public void Commands_BeforeTheFirstSwitch_SayThatThereIsNothingYetAndMakeNothing()
    {
        string[] shown = _shell.Run(
            """
            foreach ($command in 'Get-NetAdapter', 'Get-NetIPAddress', 'Get-NetRoute', 'Get-NetIPInterface', 'Get-DnsClientServerAddress') { "$command $(& $command 3>&1)" }
            """);
        string[] errors = _shell.Fail(
            "Disable-NetAdapter eth0 -Confirm:$false",
            "New-NetIPAddress 10.9.0.3 -PrefixLength 24 -InterfaceAlias eth0",
            "New-NetRoute 203.0.113.0/24 -InterfaceIndex 2 -NextHop 10.9.0.1");

        Assert.Equal(5, shown.Length);
        Assert.All(shown, line => Assert.Matches("^[A-Za-z-]+ This user is not root .*New-VMSwitch", line));
        Assert.Equal(3, errors.Length);
        Assert.All(errors, error => Assert.StartsWith("1 ", error, StringComparison.Ordinal));
        Assert.Null(_shell.Place.FindHolder());
        Assert.Equal(_shell.HostBefore, _shell.HostState());
    }

    [Fact]
    public void Commands_ThatFailFirst_LeaveNoNamespaceAndNoSettings()
    {
        string[] errors = _shell.Fail(
            "New-NetNat bad -InternalIPInterfaceAddressPrefix 10.9.0.0/24",
            "New-VMSwitch E -NetAdapterName eth0");

        Assert.StartsWith("1 Windows System Error 87,Nestvisor.NetworkCommands.Commands.NewNetNat ", errors[0], StringComparison.Ordinal);
        Assert.Contains("'eth0'", errors[0], StringComparison.Ordinal);
        Assert.StartsWith("1 NotSupported,Microsoft.HyperV.PowerShell.Commands.NewVMSwitch ", errors[1], StringComparison.Ordinal);
        Assert.Contains("as root", errors[1], StringComparison.Ordinal);
        Assert.Null(_shell.Place.FindHolder());
        Assert.Equal(["0 1"], _shell.Run("\"$(@(Get-NetNat).Count) $(@(Get-VMSwitch).Count)\""));
        Assert.Equal(_shell.HostBefore, _shell.HostState());
    }

    [Fact]
    public void Mapping_PortThatAProgramOfTheHostListensOn_IsFreeInTheUsersNamespace()
    {
        using System.Net.Sockets.Socket listener = _shell.Namespace.Listen(8080);

        Assert.Equal(
            ["8080"],
            _shell.Run(
                """
                $null = New-NetNat LocalNAT -InternalIPInterfaceAddressPrefix 192.168.100.0/24
                (Add-NetNatStaticMapping LocalNAT -Protocol TCP -ExternalIPAddress 0.0.0.0 -ExternalPort 8080 -InternalIPAddress 192.168.100.2 -InternalPort 80).ExternalPort
                """));
    }

    [Fact]
    public void TestNetConnection_OfAnAddressOnAUsersSwitch_SaysWhereItTests()
    {
        string[] lines = _shell.Run(
            """
            $null = New-VMSwitch S -SwitchType Internal
            $null = New-NetIPAddress 192.168.100.1 -PrefixLength 24 -InterfaceAlias 'vEthernet (S)'
            @(Test-NetConnection 192.168.100.7 -Port 9 3>&1)[0].ToString()
            @(Test-NetConnection 127.0.0.1 3>&1 | Where-Object { "$_" -like '*namespace*' }).Count
            """);

        Assert.Equal(2, lines.Length);
        Assert.Contains("network namespace", lines[0], StringComparison.Ordinal);
        Assert.Equal("0", lines[1]);
    }
}
