using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>What is refused of the first commands on a host: afterwards nothing of theirs is in the kernel or in the service's settings.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void Commands_OfRootWithoutTheCapability_AreAccessDeniedAndChangeNothing()
    {
        Assert.SkipWhen(NetworkNamespace.Hindrance is not null, NetworkNamespace.Hindrance ?? "");
        using UserShell shell = new(UserShell.RootWithoutNetworks);
        string[] commands =
        [
            "New-VMSwitch S -SwitchType Internal",
            "New-VMSwitch S -SwitchType Private",
            "New-VMSwitch S -NetAdapterName eth0",
            "New-NetNat N -InternalIPInterfaceAddressPrefix 192.168.100.0/24",
            "Disable-NetAdapter eth0 -Confirm:$false",
            "Set-NetAdapter eth1 -MacAddress 00-15-5D-01-02-03",
            "Rename-NetAdapter eth1 other",
            "New-NetIPAddress 192.168.7.1 -PrefixLength 24 -InterfaceAlias eth1",
            "Remove-NetIPAddress 10.9.0.2 -Confirm:$false",
            "New-NetRoute 203.0.113.0/24 -InterfaceAlias eth0 -NextHop 10.9.0.1",
            "Set-NetIPInterface eth1 -AddressFamily IPv4 -Forwarding Enabled",
        ];

        string[] errors = shell.Fail(commands);

        Assert.Equal(commands.Length, errors.Length);
        Assert.All(errors, error => Assert.Matches("^1 (AccessDenied,Microsoft|Windows System Error 5,).*CAP_NET_ADMIN", error));
        Assert.All(errors, error => Assert.DoesNotContain("could not all be undone", error, StringComparison.Ordinal));
        Assert.Equal(["eth0|eth1|far0|far1"], shell.Run("[string[]] $all = (Get-NetAdapter).Name; [Array]::Sort($all); $all -join '|'"));
        Assert.Equal(shell.HostBefore, shell.HostState());
        Assert.False(File.Exists(Path.Combine(shell.Home, "s", "networks.json")));
    }

    [Theory]
    [InlineData("New-VMSwitch ('x' * 257) -SwitchType Internal", "InvalidParameter,", "1 to 256")]
    [InlineData("New-VMSwitch E -NetAdapterName nix", "InvalidParameter,", "'nix'")]
    [InlineData("New-VMSwitch E -NetAdapterInterfaceDescription nix", "InvalidParameter,", "'nix'")]
    [InlineData("New-VMSwitch E -NetAdapterName lo", "InvalidParameter,", "'lo'")]
    [InlineData("New-NetNat N -InternalIPInterfaceAddressPrefix 10.9.0.128/25", "Windows System Error 87,", "'eth0'")]
    [InlineData("New-NetNat N -InternalIPInterfaceAddressPrefix 10.0.0.0/8", "Windows System Error 87,", "10.9.0.2/24")]
    [InlineData("New-NetIPAddress 10.9.0.2 -PrefixLength 24 -InterfaceAlias eth1", "Windows System Error 87,", "eth0")]
    [InlineData("New-NetIPAddress 192.168.7.1 -PrefixLength 24 -InterfaceAlias nix", "Windows System Error 87,", "nix")]
    [InlineData("Disable-NetAdapter nix -Confirm:$false", "CmdletizationQuery_NotFound_Name,", "'nix'")]
    [InlineData("New-NetRoute 203.0.113.0/24 -InterfaceAlias nix -NextHop 10.9.0.1", "Windows System Error 87,", "nix")]
    public void Command_ThatBreaksARule_ChangesNothing(string script, string id, string named)
    {
        using Session session = new();
        string before = StateOf(session);

        ErrorRecord error = session.Fail(script);

        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, StateOf(session));
        Assert.False(File.Exists(Path.Combine(session.Folder, "s", "networks.json")));
    }

    [Fact]
    public void Switch_WithANameOf200Characters_HasAPortOfThatNameAndGoesWithoutATrace()
    {
        using Session session = new();
        string before = StateOf(session);

        Assert.Equal(
            "200 212 192.168.100.1 True",
            session.Text(
                """
                $s = New-VMSwitch ('Ü' * 200) -SwitchType Internal
                $a = Get-NetAdapter "vEthernet ($('ü' * 200))"
                $i = $a | New-NetIPAddress -IPAddress 192.168.100.1 -PrefixLength 24
                $n = New-NetNat N -InternalIPInterfaceAddressPrefix 192.168.100.0/24
                "$($s.Name.Length) $($a.Name.Length) $($i.IPAddress) $($n.Active)"
                """));
        _ = session.Run("Remove-NetNat N -Confirm:$false; Remove-VMSwitch ('ü' * 200) -Force");

        Assert.Equal(before, StateOf(session));
    }

    [Fact]
    public void NewNetNat_InTheNetworkOfAnExternalSwitch_NamesTheHostsPort()
    {
        using Session session = new();
        _ = session.Namespace;
        _ = session.Run("New-VMSwitch Ext -NetAdapterName eth0 | Out-Null");

        Assert.Contains("'vEthernet (Ext)'", session.Fail("New-NetNat N -InternalIPInterfaceAddressPrefix 10.9.0.128/25").Exception.Message, StringComparison.Ordinal);
        _ = session.Run("Remove-VMSwitch Ext -Force");
    }

    private static string StateOf(Session session) => session.Namespace.Run(
        "sh", "-c", "ip -4 address; ip -4 route; ip -o link | cut -d: -f2; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward");
}
