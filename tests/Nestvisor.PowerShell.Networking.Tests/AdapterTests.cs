using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>Network adapters and their settings for IP.</summary>
public sealed class AdapterTests : IClassFixture<AddressTests.Switch>
{
    private readonly Session _session;

    public AdapterTests(AddressTests.Switch with)
    {
        _session = with.Session;
        with.Ready();
    }

    [Theory]
    [InlineData("Get-NetAdapter eth0", "eth0")]
    [InlineData("Get-NetAdapter -Name ETH0, ETH1", "eth0,eth1")]
    [InlineData("Get-NetAdapter eth*", "eth0,eth1")]
    [InlineData("Get-NetAdapter 'vethernet (NET)'", "vEthernet (net)")]
    [InlineData("Get-NetAdapter -InterfaceDescription 'Hyper-V Virtual Ethernet Adapter'", "vEthernet (net)")]
    [InlineData("Get-NetAdapter -InterfaceIndex (Get-NetAdapter eth1).ifIndex", "eth1")]
    [InlineData("Get-NetAdapter lo*", "")]
    [InlineData("Get-NetAdapter lo* -IncludeHidden", "lo")]
    [InlineData("Get-NetAdapter -Physical", "")]
    public void GetNetAdapter_Conditions_Choose(string script, string names) =>
        Assert.Equal(names, _session.Text($"(@({script}).Name | ForEach-Object {{ $_ }}) -join ','").Split(',').Order(StringComparer.Ordinal).Aggregate((a, b) => $"{a},{b}"));

    [Fact]
    public void GetNetAdapter_OfNone_IsWindowsError()
    {
        ErrorRecord error = _session.Fail("Get-NetAdapter nosuch");

        Assert.Equal("CmdletizationQuery_NotFound_Name,Nestvisor.NetworkCommands.Commands.GetNetAdapter", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("No MSFT_NetAdapter objects found with property 'Name' equal to 'nosuch'.  Verify the value of the property and retry.", error.Exception.Message);
        Assert.Equal("nosuch", error.TargetObject);
    }

    [Fact]
    public void GetNetAdapter_Properties_AreTheKernels()
    {
        string address = _session.Namespace.Run("cat", "/proc/sys/net/ipv4/conf/eth0/forwarding", "/proc/net/dev");
        Assert.Contains("eth0", address, StringComparison.Ordinal);
        Assert.Equal(
            "Up|Up|Connected|1500|True|False|eth0|True",
            _session.Text(
                """
                $a = Get-NetAdapter eth0
                "$($a.Status)|$($a.AdminStatus)|$($a.MediaConnectionState)|$($a.MtuSize)|$($a.Virtual)|$($a.HardwareInterface)|$($a.ifAlias)|$($a.MacAddress -match '^([0-9A-F]{2}-){5}[0-9A-F]{2}$')"
                """));
    }

    [Fact]
    public void RenameNetAdapter_ToAnotherName_IsFoundByBoth()
    {
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("Rename-NetAdapter eth1 'My “adapter” [1]'");
        try
        {
            Assert.Empty(errors);
            Assert.Contains("no hardware", Assert.Single(warnings), StringComparison.Ordinal);
            Assert.Equal("eth1", _session.Text("(Get-NetAdapter 'my “adapter” [1]').InterfaceName"));
            Assert.Equal("My \u201cadapter\u201d [1]", _session.Text("(Get-NetAdapter eth1).Name"));
            Assert.Contains("My \u201cadapter\u201d [1]", _session.Namespace.Run("ip", "link", "show", "eth1"), StringComparison.Ordinal);
            Assert.Contains("already", _session.Fail("Rename-NetAdapter eth0 'MY “adapter” [1]'").Exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            _ = _session.RunAll("Rename-NetAdapter eth1 eth1");
        }
    }

    [Fact]
    public void FurtherAdapter_OfTheHost_IsFoundWithoutCaseAndKeepsItsAddress()
    {
        Assert.Equal(
            "vEthernet (Lab)|Up|192.168.77.1|True|0",
            _session.Text(
                """
                Add-VMNetworkAdapter -ManagementOS -Name Lab -SwitchName net
                New-NetIPAddress -InterfaceAlias 'VETHERNET (lab)' -IPAddress 192.168.77.1 -PrefixLength 24 | Out-Null
                $a = Get-NetAdapter 'vethernet (LAB)'
                '{0}|{1}|{2}|{3}|{4}' -f $a.Name, $a.Status, (Get-NetIPAddress -InterfaceIndex $a.ifIndex -AddressFamily IPv4).IPAddress,
                    ((Get-VMNetworkAdapter -ManagementOS Lab).IPAddresses -contains '192.168.77.1'), @(Get-NetAdapter nvp*).Count
                """));
        Assert.Contains("192.168.77.1", File.ReadAllText(Path.Combine(_session.Folder, "s", "networks.json")), StringComparison.Ordinal);
        Assert.Contains("Rename-VMNetworkAdapter", _session.Fail("Rename-NetAdapter 'vEthernet (Lab)' other").Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VMNetworkAdapter -ManagementOS -Name Lab");
        Assert.DoesNotContain("192.168.77.1", _session.Namespace.Run("ip", "address"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Rename-NetAdapter 'vEthernet (net)' other", "Rename-VMSwitch")]
    [InlineData("Set-NetAdapter 'vEthernet (net)' -MacAddress 00-15-5D-01-02-03", "virtual switch")]
    public void OwnAdapter_NameAndAddress_AreTheSwitchs(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("NotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eth1")]
    [InlineData("vEthernet (net)")]
    public void Adapter_DisabledAndEnabled_Follows(string name) => Assert.Equal(
        "Disabled Up Up",
        _session.Text(
            $"""
            $off = (Disable-NetAdapter '{name}' -PassThru -Confirm:$false).Status
            $on = (Enable-NetAdapter '{name}' -PassThru).Status
            $again = (Get-NetAdapter '{name}' | Restart-NetAdapter -PassThru).Status
            "$off $on $again"
            """));

    [Fact]
    public void DisableNetAdapter_WithoutAnAnswer_ChangesNothing()
    {
        Assert.NotEmpty(_session.RunAll("Disable-NetAdapter eth1").Errors);
        Assert.Equal("Up", _session.Text("(Get-NetAdapter eth1).Status"));
    }

    [Theory]
    [InlineData("00-15-5D-01-02-03", "00:15:5d:01:02:03")]
    [InlineData("00155D010204", "00:15:5d:01:02:04")]
    public void SetNetAdapter_MacAddress_IsTheKernels(string given, string kernel)
    {
        Assert.Empty(_session.RunAll($"Set-NetAdapter eth1 -MacAddress {given} -NoRestart").Errors);
        Assert.Contains(kernel, _session.Namespace.Run("ip", "link", "show", "eth1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("01-00-5E-00-00-01")]
    [InlineData("nonsense")]
    public void SetNetAdapter_NoMacAddress_IsRefused(string given) =>
        Assert.Contains($"'{given}'", _session.Fail($"Set-NetAdapter eth1 -MacAddress {given}").Exception.Message, StringComparison.Ordinal);

    [Fact]
    public void SetNetIPInterface_Settings_AreTheKernels()
    {
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll(
            """
            Set-NetIPInterface eth1 -AddressFamily IPv4 -Forwarding Enabled -NlMtuBytes 1400 -BaseReachableTimeMs 20000 -RetransmitTimeMs 900
            Set-NetIPInterface eth1 -AddressFamily IPv6 -DadTransmits 2 -CurrentHopLimit 50 -RouterDiscovery Disabled -IgnoreDefaultRoutes Enabled -NlMtuBytes 1300
            """);

        Assert.Empty(errors);
        Assert.NotEmpty(warnings);
        string[] files =
        [
            "ipv4/conf/eth1/forwarding", "ipv4/neigh/eth1/base_reachable_time_ms", "ipv4/neigh/eth1/retrans_time_ms", "ipv6/conf/eth1/dad_transmits",
            "ipv6/conf/eth1/hop_limit", "ipv6/conf/eth1/accept_ra", "ipv6/conf/eth1/accept_ra_defrtr", "ipv6/conf/eth1/mtu",
        ];
        Assert.Equal(
            ["1", "20000", "900", "2", "50", "0", "0", "1300"],
            _session.Namespace.Run("cat", [.. files.Select(file => "/proc/sys/net/" + file)]).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(
            "Enabled 1400 20000 900 Disabled|Disabled 1300 2 50 Disabled Enabled",
            _session.Text(
                """
                $four = Get-NetIPInterface eth1 -AddressFamily IPv4
                $six = Get-NetAdapter eth1 | Get-NetIPInterface -AddressFamily IPv6 -ErrorAction Ignore
                $six = Get-NetIPInterface eth1 -AddressFamily IPv6
                "$($four.Forwarding) $($four.NlMtu) $($four.BaseReachableTimeMs) $($four.RetransmitTimeMs) $($four.Dhcp)|$($six.Forwarding) $($six.NlMtuBytes) $($six.DadTransmits) $($six.CurrentHopLimit) $($six.RouterDiscovery) $($six.IgnoreDefaultRoutes)"
                """));
    }

    [Fact]
    public void SetNetIPInterface_MtuOfTheOwnAdapter_IsKept()
    {
        _ = _session.Run("Set-NetIPInterface 'vEthernet (net)' -AddressFamily IPv4 -NlMtuBytes 1420");

        Assert.Contains("mtu 1420", _session.Namespace.Run("ip", "link", "show", _session.Text("(Get-NetAdapter 'vEthernet (net)').ifName")), StringComparison.Ordinal);
        Assert.Contains("1420", File.ReadAllText(Path.Combine(_session.Folder, "s", "networks.json")), StringComparison.Ordinal);
    }

    // The kernel forwards nothing from an interface that may, unless the host is a router; and then all interfaces would be routers.
    [Fact]
    public void SetNetIPInterface_ForwardingOfIPv6_MakesTheHostARouterAndNoOtherInterface()
    {
        string[] names = ["all", "default", "lo", "eth0", "eth1"];
        string Forwarding() => _session.Namespace.Run("cat", [.. names.Select(name => $"/proc/sys/net/ipv6/conf/{name}/forwarding")]).Replace("\n", "", StringComparison.Ordinal);
        Assert.Equal("00000", Forwarding());

        _ = _session.RunAll("Set-NetIPInterface eth1 -AddressFamily IPv6 -Forwarding Enabled");

        Assert.Equal("10001", Forwarding());
        Assert.Equal("2", _session.Namespace.Run("cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra").Trim());
        _ = _session.RunAll("Set-NetIPInterface eth0 -AddressFamily IPv6 -Forwarding Enabled; Set-NetIPInterface eth1 -AddressFamily IPv6 -Forwarding Disabled");
        Assert.Equal("10010", Forwarding());
        _ = _session.RunAll("Set-NetIPInterface eth0 -AddressFamily IPv6 -Forwarding Disabled");
        Assert.Equal("00000", Forwarding());
    }

    [Theory]
    [InlineData("eth1", "'eth1' is not one of Nestvisor's adapters: ")]
    [InlineData("vEthernet (net)", "Nestvisor does not keep such settings of 'vEthernet (net)': ")]
    public void SetNetIPInterface_WhatIsNotKept_IsSaid(string adapter, string warning)
    {
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll($"Set-NetIPInterface '{adapter}' -AddressFamily IPv4 -Forwarding Enabled");

        Assert.Empty(errors);
        Assert.StartsWith(warning, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set-NetIPInterface eth1 -Dhcp Enabled -AddressFamily IPv4", "NotSupported")]
    [InlineData("Set-NetIPInterface eth1 -DadTransmits 1 -AddressFamily IPv4", "NotSupported")]
    [InlineData("Set-NetIPInterface eth1 -RouterDiscovery ControlledByDHCP -AddressFamily IPv6", "NotSupported")]
    [InlineData("Set-NetIPInterface eth1 -NlMtuBytes 10 -AddressFamily IPv4", "Windows System Error 87")]
    [InlineData("Set-NetIPInterface eth1 -CurrentHopLimit 0 -AddressFamily IPv6", "Windows System Error 87")]
    public void SetNetIPInterface_WhatCannotBe_IsRefused(string script, string id) =>
        Assert.Equal($"{id},Nestvisor.NetworkCommands.Commands.SetNetIPInterface", _session.Fail(script).FullyQualifiedErrorId);

    [Fact]
    public void SetNetIPInterface_WhatIsTheCase_IsAccepted() => Assert.Empty(_session.Run(
        "Set-NetIPInterface eth0 -AddressFamily IPv4 -Dhcp Disabled -AutomaticMetric Disabled -InterfaceMetric 0 -WeakHostSend Enabled -WeakHostReceive Enabled -ClampMss Disabled -EcnMarking AppDecide"));
}
