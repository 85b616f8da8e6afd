using System.Management.Automation;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>DNS servers in the file resolv.conf, and netsh.</summary>
public sealed class DnsTests : IClassFixture<AddressTests.Switch>
{
    private static readonly string[] First = ["# of the test", "search example.org", "nameserver 192.0.2.53"];

    private readonly Session _session;

    public DnsTests(AddressTests.Switch with)
    {
        _session = with.Session;
        with.Ready();
        _ = _session.RunAll("Set-DnsClientServerAddress eth1 -ResetServerAddresses");
        File.WriteAllLines(_session.Namespace.ResolverFile, First);
        _ = _session.RunAll("Remove-NetIPAddress -InterfaceAlias eth1 -AddressFamily IPv4 -Confirm:$false");
    }

    private string[] Lines => File.ReadAllLines(_session.Namespace.ResolverFile);

    [Theory]
    [InlineData("Set-DnsClientServerAddress eth1 -ServerAddresses 192.0.2.1, 192.0.2.2")]
    [InlineData("Set-DnsClientServerAddress -InterfaceAlias ETH1 -ServerAddresses '192.0.2.1, 192.0.2.2'")]
    [InlineData("Get-NetAdapter eth1 | Set-DnsClientServerAddress -ServerAddresses 192.0.2.1, 192.0.2.2")]
    [InlineData("Get-DnsClientServerAddress eth1 -AddressFamily IPv4 | Set-DnsClientServerAddress -Addresses 192.0.2.1, 192.0.2.2")]
    [InlineData("Set-DnsClientServerAddress -InterfaceIndex (Get-NetAdapter eth1).ifIndex -ServerAddresses 192.0.2.1, 192.0.2.2")]
    [InlineData("netsh interface ip set dnsservers eth1 static 192.0.2.1 none no; netsh int ipv4 add dnsserver name=eth1 address=192.0.2.2 validate=no")]
    [InlineData("netsh interface ip set dns eth1 static 192.0.2.2 validate=no; netsh interface ip add dns eth1 192.0.2.1 index=1 validate=no")]
    public void Servers_Set_AreInTheFileAndNothingElseChanges(string script)
    {
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll(script);

        Assert.Empty(errors);
        Assert.All(warnings, warning => Assert.Contains("/etc/resolv.conf", warning, StringComparison.Ordinal));
        Assert.NotEmpty(warnings);
        Assert.Equal([.. First[..2], "nameserver 192.0.2.1", "nameserver 192.0.2.2"], Lines);
        Assert.Equal("192.0.2.1,192.0.2.2", _session.Text("(Get-DnsClientServerAddress eth1 -AddressFamily IPv4).ServerAddresses -join ','"));
    }

    [Fact]
    public void Servers_OfOneFamily_LeaveTheOther()
    {
        _ = _session.RunAll("Set-DnsClientServerAddress eth1 -ServerAddresses 2001:db8::1");

        Assert.Equal([.. First[..2], "nameserver 2001:db8::1", "nameserver 192.0.2.53"], Lines);
        Assert.Equal("192.0.2.53 2001:db8::1", _session.Text("(Get-DnsClientServerAddress eth1).ServerAddresses -join ' '"));
    }

    [Fact]
    public void Servers_InAFileThatIsMountedByItself_AreWrittenIntoIt()
    {
        _ = _session.Namespace.Run("mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf");
        try
        {
            Assert.Empty(_session.RunAll("Set-DnsClientServerAddress eth1 -ServerAddresses 192.0.2.1").Errors);
            Assert.Equal([.. First[..2], "nameserver 192.0.2.1"], Lines);
            Assert.Equal(["resolv.conf"], Directory.EnumerateFiles(Path.GetDirectoryName(_session.Namespace.ResolverFile)!, "resolv*").Select(Path.GetFileName));
        }
        finally
        {
            _ = _session.Namespace.Run("umount", "/etc/resolv.conf");
        }
    }

    [Fact]
    public void Servers_Reset_AreThoseBefore()
    {
        _ = _session.RunAll("Set-DnsClientServerAddress eth1 -ServerAddresses 192.0.2.1; netsh interface ip add dnsserver eth1 192.0.2.9 validate=no");
        Assert.NotEqual(First, Lines);

        Assert.Empty(_session.RunAll("Set-DnsClientServerAddress eth1 -ResetServerAddresses").Errors);
        Assert.Equal(First, Lines);
    }

    [Theory]
    [InlineData("Set-DnsClientServerAddress eth1 -ServerAddresses 192.0.2.300", "'192.0.2.300'")]
    [InlineData("Set-DnsClientServerAddress eth1", "-ServerAddresses")]
    [InlineData("Set-DnsClientServerAddress eth1 -ServerAddresses 192.0.2.1 -ResetServerAddresses", "-ResetServerAddresses")]
    [InlineData("Set-DnsClientServerAddress eth1 -ServerAddresses 127.0.0.1 -Validate", "127.0.0.1 does not answer")]
    [InlineData("netsh interface ip add dnsserver eth1 2001:db8::1", "2001:db8::1")]
    [InlineData("netsh interface ip add dnsserver nosuch 192.0.2.1", "nosuch")]
    [InlineData("netsh interface ip add dnsserver eth1", "address= is missing")]
    [InlineData("netsh interface ip add dnsserver eth1 192.0.2.1 index=0", "index=0")]
    [InlineData("netsh interface ip add dnsserver eth1 192.0.2.1 1 no more", "'more'")]
    [InlineData("netsh interface ip add dnsserver eth1 address=192.0.2.1 address=192.0.2.2", "twice")]
    [InlineData("netsh interface ip set address eth1 static 10.1.1.1 255.0.255.0", "255.0.255.0")]
    public void Servers_ThatCannotBe_ChangeNothing(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("Windows System Error 87,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(First, Lines);
    }

    [Theory]
    [InlineData("netsh advfirewall show allprofiles", "advfirewall")]
    [InlineData("netsh interface portproxy add v4tov4", "portproxy")]
    [InlineData("netsh interface ip show address", "show address")]
    [InlineData("netsh interface ip reset all now", "reset")]
    [InlineData("netsh", "netsh")]
    [InlineData("netsh interface ip set dnsservers eth1 static 192.0.2.1 register=primary", "register=primary")]
    [InlineData("netsh interface ip set address eth1 dhcp", "dhcp")]
    [InlineData("netsh interface ip add dnsserver eth1 colour=red", "colour=")]
    public void Netsh_OtherCommands_AreRefusedByName(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal("NotSupported,Nestvisor.NetworkCommands.Commands.InvokeNetsh", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Netsh_ValidatingAServerThatIsSilent_SetsItAndWarns()
    {
        // Nothing listens at port 53 of the test's own loopback, so the answer, or the refusal, comes at once.
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("netsh interface ip set dnsservers eth1 static 127.0.0.1");

        Assert.Empty(errors);
        Assert.Contains(warnings, warning => warning.Contains("127.0.0.1 does not answer", StringComparison.Ordinal));
        Assert.Contains("nameserver 127.0.0.1", Lines);
    }

    [Fact]
    public void Netsh_DeleteAndShow_FollowTheFile()
    {
        _ = _session.RunAll("netsh interface ip add dnsserver eth1 192.0.2.9 validate=no; netsh interface ip delete dnsservers eth1 192.0.2.53 validate=no");

        Assert.Equal([.. First[..2], "nameserver 192.0.2.9"], Lines);
        Assert.Contains("192.0.2.9", string.Join('\n', _session.Run("netsh interface ip show dnsservers eth1")), StringComparison.Ordinal);
        Assert.StartsWith("Windows System Error 1168,", _session.Fail("netsh interface ip delete dnsservers eth1 192.0.2.77").FullyQualifiedErrorId, StringComparison.Ordinal);
        _ = _session.RunAll("netsh interface ip delete dnsservers eth1 all");
        Assert.Equal(First[..2], Lines);
    }

    [Fact]
    public void Netsh_Addresses_AreSetAddedAndDeleted()
    {
        Assert.Empty(_session.RunAll("netsh interface ip set address name=eth1 source=static address=10.1.1.1 mask=255.255.255.0 gateway=10.1.1.254").Errors);
        Assert.Empty(_session.RunAll("netsh interface ip add address eth1 10.1.2.1 255.255.0.0").Errors);
        Assert.Equal("10.1.1.1/24,10.1.2.1/16", Addresses());
        Assert.Contains("default via 10.1.1.254 dev eth1", _session.Namespace.Run("ip", "route"), StringComparison.Ordinal);

        Assert.Empty(_session.RunAll("netsh interface ip delete address eth1 10.1.1.1").Errors);
        Assert.Equal("10.1.2.1/16", Addresses());
        Assert.Empty(_session.RunAll("netsh interface ip set address eth1 static 10.1.3.1/24").Errors);
        Assert.Equal("10.1.3.1/24", Addresses());
    }

    private string Addresses() => string.Join(',', _session.Run("Get-NetIPAddress -InterfaceAlias eth1 -AddressFamily IPv4 | ForEach-Object { \"$($_.IPAddress)/$($_.PrefixLength)\" }").Select(text => text.ToString()).Order(StringComparer.Ordinal));
}
