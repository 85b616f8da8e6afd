using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>IP addresses and routes, of Nestvisor's own adapter and of another.</summary>
public sealed class AddressTests : IClassFixture<AddressTests.Switch>
{
    private const string Own = "vEthernet (net)";

    private readonly Session _session;

    public AddressTests(Switch with)
    {
        _session = with.Session;
        with.Ready();
        _ = _session.RunAll($"Remove-NetIPAddress -InterfaceAlias '{Own}', eth1 -AddressFamily IPv4 -Confirm:$false");
        _ = _session.RunAll("Remove-NetRoute -InterfaceAlias eth1 -AddressFamily IPv4 -Confirm:$false");
    }

    [Theory]
    [InlineData("10.9.0.2 -PrefixLength 24", "Instance MSFT_NetIPAddress already exists")]
    [InlineData("10.1.1.1 -PrefixLength 33", "33")]
    [InlineData("10.1.1.0 -PrefixLength 24", "10.1.1.0/24")]
    [InlineData("10.1.1.255 -PrefixLength 24", "10.1.1.255/24")]
    [InlineData("224.0.0.1 -PrefixLength 24", "224.0.0.1/24")]
    [InlineData("10.1 -PrefixLength 24", "'10.1'")]
    [InlineData("10.1.1.1 -AddressFamily IPv6", "IPv6")]
    [InlineData("10.1.1.1 -PrefixLength 24 -DefaultGateway 10.1.2.1", "10.1.1.0/24")]
    [InlineData("10.1.1.1 -PrefixLength 24 -DefaultGateway 10.1.1.1", "itself")]
    [InlineData("10.1.1.1 -PrefixLength 24 -DefaultGateway 10.9.0.2", "'eth0'")]
    [InlineData("10.1.1.1 -PrefixLength 24 -DefaultGateway fe80::1", "family")]
    public void NewNetIPAddress_BreakingARule_IsWindowsError87(string arguments, string named)
    {
        foreach (string adapter in (string[])["eth1", Own])
        {
            ErrorRecord error = _session.Fail($"New-NetIPAddress {arguments} -InterfaceAlias '{adapter}'");

            Assert.Equal("Windows System Error 87,Nestvisor.NetworkCommands.Commands.NewNetIPAddress", error.FullyQualifiedErrorId);
            Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
            Assert.Equal("MSFT_NetIPAddress", error.CategoryInfo.TargetName);
            Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
            Assert.Empty(_session.RunAll($"Get-NetIPAddress -InterfaceAlias '{adapter}' -AddressFamily IPv4").Output);
        }
    }

    [Theory]
    [InlineData("eth1", "InterfaceAlias", "-InterfaceAlias nosuch", "nosuch")]
    [InlineData("eth1", "InterfaceIndex", "-InterfaceIndex 999", "999")]
    public void NewNetIPAddress_OnNoAdapter_NamesIt(string _, string parameter, string arguments, string named)
    {
        ErrorRecord error = _session.Fail($"New-NetIPAddress 10.1.1.1 {arguments}");

        Assert.StartsWith("Windows System Error 87,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith($"Invalid parameter {parameter} {named}", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NewNetIPAddress_ASecondGatewayOfAnAdapter_IsRefusedAndTheAddressTakenBack()
    {
        _ = _session.RunAll("New-NetIPAddress 10.1.1.1 -PrefixLength 24 -DefaultGateway 10.1.1.254 -InterfaceAlias eth1");

        ErrorRecord error = _session.Fail("New-NetIPAddress 10.1.1.2 -PrefixLength 24 -DefaultGateway 10.1.1.253 -InterfaceAlias eth1");

        Assert.StartsWith("Instance DefaultGateway already exists", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("10.1.1.1", _session.Text("(Get-NetIPAddress -InterfaceAlias eth1 -AddressFamily IPv4).IPAddress -join ','"));
    }

    [Fact]
    public void NewNetIPAddress_GatewayOfAnAdapterThatIsOff_IsTakenBackWhole()
    {
        _ = _session.RunAll("Disable-NetAdapter eth1 -Confirm:$false");
        try
        {
            Assert.NotEmpty(_session.RunAll("New-NetIPAddress 10.1.1.1 -PrefixLength 24 -DefaultGateway 10.1.1.254 -InterfaceAlias eth1").Errors);
            Assert.DoesNotContain("10.1.1.1", _session.Namespace.Run("ip", "address", "show", "eth1"), StringComparison.Ordinal);
        }
        finally
        {
            _ = _session.RunAll("Enable-NetAdapter eth1");
        }
    }

    [Fact]
    public void NewNetIPAddress_WithoutALength_IsASingleAddress() => Assert.Equal(
        "32", _session.Text("(New-NetIPAddress 10.1.1.1 -InterfaceAlias eth1 -WarningAction SilentlyContinue).PrefixLength"));

    [Fact]
    public void NewNetIPAddress_WithLifetimes_IsDynamic() => Assert.Equal(
        "Dhcp True",
        _session.Text(
            """
            $null = New-NetIPAddress 10.1.1.1 -InterfaceAlias eth1 -ValidLifetime 1:00:00 -PreferredLifetime 0:30:00 -WarningAction SilentlyContinue
            $a = Get-NetIPAddress 10.1.1.1
            "$($a.PrefixOrigin) $($a.ValidLifetime -le [TimeSpan]'1:00:00' -and $a.PreferredLifetime -le [TimeSpan]'0:30:00')"
            """));

    [Theory]
    [InlineData("-PolicyStore PersistentStore -InterfaceAlias eth1", "PersistentStore")]
    [InlineData("-PolicyStore ActiveStore -InterfaceAlias 'vEthernet (net)'", "ActiveStore")]
    [InlineData("-ValidLifetime 1:00:00 -InterfaceAlias 'vEthernet (net)'", "-ValidLifetime")]
    public void NewNetIPAddress_ThatWouldNotLastAsAsked_IsRefused(string arguments, string named)
    {
        ErrorRecord error = _session.Fail($"New-NetIPAddress 10.1.1.1 {arguments}");

        Assert.StartsWith("NotSupported,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OwnAdapter_Addresses_AreKept()
    {
        _ = _session.Run($"New-NetIPAddress 10.2.0.1 -PrefixLength 16 -InterfaceAlias '{Own}'");

        Assert.Equal("10.2.0.1", _session.Text($"(Get-NetIPAddress -InterfaceAlias '{Own}' -PolicyStore PersistentStore).IPAddress"));
        Assert.Equal(
            "10.2.0.1",
            _session.Text("(Get-NetIPAddress -PolicyStore PersistentStore).IPAddress -join ','"));
    }

    [Fact]
    public void RemoveNetIPAddress_TheFirstOfAPrefix_LeavesTheOthers()
    {
        foreach (string adapter in (string[])["eth1", Own])
        {
            _ = _session.RunAll($"foreach ($i in 1..3) {{ New-NetIPAddress 10.3.0.$i -PrefixLength 24 -InterfaceAlias '{adapter}' }}");

            _ = _session.RunAll("Remove-NetIPAddress 10.3.0.1 -Confirm:$false");

            Assert.Equal("10.3.0.2,10.3.0.3", _session.Text($"(Get-NetIPAddress -InterfaceAlias '{adapter}' -AddressFamily IPv4).IPAddress -join ','"));
            _ = _session.RunAll("Remove-NetIPAddress 10.3.0.* -Confirm:$false");
        }
    }

    [Fact]
    public void RemoveNetIPAddress_WithoutANamedAdapter_LeavesThoseOfOthers()
    {
        _ = _session.RunAll($"New-NetIPAddress 10.1.1.1 -InterfaceAlias eth1; New-NetIPAddress 10.2.0.1 -PrefixLength 16 -InterfaceAlias '{Own}'");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("Remove-NetIPAddress -AddressFamily IPv4 -Confirm:$false");

        Assert.Empty(errors);
        Assert.Contains("eth1", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal("127.0.0.1,10.9.0.2,10.1.1.1", string.Join(',', _session.Run("(Get-NetIPAddress -AddressFamily IPv4 | Where-Object InterfaceAlias -ne far).IPAddress")
            .Select(address => address.ToString()).OrderBy(address => address == "127.0.0.1" ? 0 : address == "10.9.0.2" ? 1 : 2)));
    }

    [Fact]
    public void RemoveNetIPAddress_WithItsGateway_RemovesTheRoute()
    {
        _ = _session.RunAll("New-NetIPAddress 10.1.1.1 -PrefixLength 24 -DefaultGateway 10.1.1.254 -InterfaceAlias eth1");

        Assert.Empty(_session.RunAll("Remove-NetIPAddress 10.1.1.1 -DefaultGateway 10.1.1.254 -Confirm:$false").Errors);
        Assert.Equal("10.9.0.1", _session.Text("(Get-NetRoute 0.0.0.0/0).NextHop -join ','"));
    }

    [Fact]
    public void SetNetIPAddress_PrefixLength_Changes()
    {
        _ = _session.RunAll("New-NetIPAddress 10.1.1.1 -PrefixLength 24 -InterfaceAlias eth1; New-NetIPAddress 10.1.1.2 -PrefixLength 24 -InterfaceAlias eth1");

        Assert.Empty(_session.RunAll("Set-NetIPAddress 10.1.1.1 -PrefixLength 28").Errors);
        Assert.Equal("10.1.1.1/28,10.1.1.2/24", _session.Text("(Get-NetIPAddress 10.1.1.* | ForEach-Object { \"$($_.IPAddress)/$($_.PrefixLength)\" } | ForEach-Object { $_ }) -join ','").Split(',').Order().Aggregate((a, b) => a + "," + b));
    }

    [Theory]
    [InlineData("eth1")]
    [InlineData(Own)]
    public void NewNetIPAddress_OfIPv6WithAGateway_IsThereAndRemoved(string adapter)
    {
        Assert.Empty(_session.RunAll($"New-NetIPAddress FD00:5::1 -PrefixLength 64 -DefaultGateway fd00:5::2 -InterfaceAlias '{adapter}'").Errors);

        Assert.Equal("fd00:5::1 64 IPv6", _session.Text("Get-NetIPAddress fd00:5::1 | ForEach-Object { \"$($_.IPAddress) $($_.PrefixLength) $($_.AddressFamily)\" }"));
        Assert.Equal("fd00:5::2", _session.Text("(Get-NetRoute ::/0).NextHop"));
        Assert.Empty(_session.RunAll("Remove-NetIPAddress fd00:5::1 -DefaultGateway fd00:5::2 -Confirm:$false").Errors);
        Assert.DoesNotContain("fd00:5", _session.Namespace.Run("ip", "-6", "address") + _session.Namespace.Run("ip", "-6", "route"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-NetIPAddress 10.9.0.2", "10.9.0.2")]
    [InlineData("Get-NetIPAddress 10.9.*", "10.9.0.2")]
    [InlineData("Get-NetIPAddress -InterfaceAlias ETH0 -AddressFamily IPv4", "10.9.0.2")]
    [InlineData("Get-NetIPAddress -PrefixLength 24 -PrefixOrigin Manual", "10.9.0.2")]
    [InlineData("Get-NetAdapter eth0 | Get-NetIPAddress -AddressFamily IPv4", "10.9.0.2")]
    [InlineData("Get-NetIPInterface eth0 -AddressFamily IPv4 | Get-NetIPAddress", "10.9.0.2")]
    [InlineData("Get-NetIPAddress -PrefixOrigin WellKnown -AddressFamily IPv4", "127.0.0.1")]
    public void GetNetIPAddress_Conditions_Choose(string script, string addresses) => Assert.Equal(addresses, _session.Text($"({script}).IPAddress -join ','"));

    [Fact]
    public void GetNetIPAddress_NothingMeetsAll_IsOneError()
    {
        ErrorRecord error = _session.Fail("Get-NetIPAddress -InterfaceAlias eth0 -AddressFamily IPv4 -PrefixLength 9");

        Assert.Equal("CmdletizationQuery_NotFound,Nestvisor.NetworkCommands.Commands.GetNetIPAddress", error.FullyQualifiedErrorId);
        Assert.Contains("PrefixLength = '9'", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_TypeName_IsThatOfWindows() => Assert.Equal(
        "Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetIPAddress", _session.Text("(Get-NetIPAddress 10.9.0.2).PSObject.TypeNames[0]"));

    [Fact]
    public void NewNetRoute_OfAnotherDestination_IsThereAndRemoved()
    {
        _ = _session.RunAll("New-NetIPAddress 10.1.1.1 -PrefixLength 24 -InterfaceAlias eth1");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("New-NetRoute 10.50.0.0/16 -InterfaceAlias eth1 -NextHop 10.1.1.254 -RouteMetric 7");
        Assert.Empty(errors);
        Assert.Single(warnings);
        Assert.Contains("10.50.0.0/16 via 10.1.1.254 dev eth1 metric 7", _session.Namespace.Run("ip", "route"), StringComparison.Ordinal);
        Assert.Equal("10.1.1.254 7 NetMgmt", _session.Text("Get-NetRoute 10.50.0.0/16 | ForEach-Object { \"$($_.NextHop) $($_.RouteMetric) $($_.Protocol)\" }"));

        Assert.StartsWith("Instance MSFT_NetRoute already exists", _session.Fail("New-NetRoute 10.50.0.0/16 -InterfaceAlias eth1 -NextHop 10.1.1.254").Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.RunAll("Get-NetRoute 10.50.0.0/16 | Remove-NetRoute -Confirm:$false").Errors);
        Assert.DoesNotContain("10.50.0.0", _session.Namespace.Run("ip", "route"), StringComparison.Ordinal);
    }

    [Fact]
    public void NewNetRoute_ADefaultRouteOverTheOwnAdapter_ComesAfterTheHosts()
    {
        _ = _session.Run($"New-NetIPAddress 10.2.0.1 -PrefixLength 16 -InterfaceAlias '{Own}'");

        _ = _session.Run($"New-NetRoute 0.0.0.0/0 -InterfaceAlias '{Own}' -NextHop 10.2.0.9");

        Assert.Equal("10.9.0.1,10.2.0.9", string.Join(',', _session.Run("Get-NetRoute 0.0.0.0/0").OrderBy(route => (uint)route.Properties["RouteMetric"].Value).Select(route => route.Properties["NextHop"].Value)));
        _ = _session.Run($"Remove-NetRoute 0.0.0.0/0 -InterfaceAlias '{Own}' -Confirm:$false");
        Assert.Equal("10.9.0.1", _session.Text("(Get-NetRoute 0.0.0.0/0).NextHop -join ','"));
    }

    [Theory]
    [InlineData("10.50.0.1/16 -InterfaceAlias eth1", "10.50.0.1/16")]
    [InlineData("10.50.0.0/16 -InterfaceAlias eth1 -NextHop fe80::1", "Inconsistent")]
    [InlineData("10.50.0.0/16 -InterfaceAlias eth1 -NextHop 10.9.0.2", "itself")]
    [InlineData("nonsense -InterfaceAlias eth1", "nonsense")]
    public void NewNetRoute_BreakingARule_IsWindowsError87(string arguments, string named)
    {
        ErrorRecord error = _session.Fail($"New-NetRoute {arguments}");

        Assert.Equal("Windows System Error 87,Nestvisor.NetworkCommands.Commands.NewNetRoute", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A session with a virtual switch.</summary>
    public sealed class Switch : IDisposable
    {
        private bool _isReady;

        internal Session Session { get; } = new();

        public void Dispose() => Session.Dispose();

        internal void Ready()
        {
            if (!_isReady)
            {
                Session.CreateSwitch("net");
                _isReady = true;
            }
        }
    }
}
