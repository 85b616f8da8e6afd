using System.Management.Automation;
using System.Text.Json;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>The lines of the page on nested virtualization as they are printed there, typographic quotes and dashes included.</summary>
public sealed class PageTests : IDisposable
{
    private const string Switch = "New-VMSwitch -Name VmNAT -SwitchType Internal";
    private const string Nat = "New-NetNat –Name LocalNAT –InternalIPInterfaceAddressPrefix “192.168.100.0/24”";
    private const string HostAddress = "Get-NetAdapter \"vEthernet (VmNat)\" | New-NetIPAddress -IPAddress 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24";

    private const string GuestAddress =
        "Get-NetAdapter \"vEthernet (VmNat)\" | New-NetIPAddress -IPAddress 192.168.100.2 -DefaultGateway 192.168.100.1 -AddressFamily IPv4 -PrefixLength 24";

    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Page_OnTheHost_MakesNatAndAddress()
    {
        _ = _session.Namespace;
        _ = _session.Run(Switch);

        _ = _session.Run(Nat);
        _ = _session.Run(HostAddress);

        Assert.Equal("192.168.100.1/24", AddressesOf(HostPort()));
        Assert.Contains("192.168.100.0", Rules(), StringComparison.Ordinal);
        Assert.Contains("masquerade", Rules(), StringComparison.Ordinal);
        Assert.Equal("1", _session.Namespace.Run("cat", "/proc/sys/net/ipv4/ip_forward").Trim());
        Assert.Equal("LocalNAT 192.168.100.0/24 True", _session.Text("Get-NetNat | ForEach-Object { \"$($_.Name) $($_.InternalIPInterfaceAddressPrefix) $($_.Active)\" }"));
    }

    [Fact]
    public void Page_AfterARestart_IsThereAgain()
    {
        _ = _session.Namespace;
        _ = _session.Run(Switch);
        _ = _session.Run(Nat);
        _ = _session.Run(HostAddress);
        string port = HostPort();

        _session.EndService();
        _ = _session.Namespace.Run("ip", "link", "delete", port);
        foreach (string table in Rules().Split('"').Where(word => word.StartsWith("nestvisor", StringComparison.Ordinal)).Distinct())
        {
            _ = _session.Namespace.Run("nft", "delete", "table", "ip", table);
        }

        Assert.DoesNotContain("192.168.100.0", Rules(), StringComparison.Ordinal);
        Assert.Equal("192.168.100.1", _session.Text("(Get-NetIPAddress -InterfaceAlias 'vEthernet (VmNAT)' -AddressFamily IPv4).IPAddress"));
        Assert.Contains("masquerade", Rules(), StringComparison.Ordinal);
    }

    [Fact]
    public void Page_GatewayOnTheMachineThatOwnsIt_IsRefusedAndChangesNothing()
    {
        _ = _session.Namespace;
        _ = _session.Run(Switch);
        _ = _session.Run(HostAddress);
        string before = State();

        ErrorRecord error = _session.Fail(GuestAddress);

        Assert.Equal("Windows System Error 87,Nestvisor.NetworkCommands.Commands.NewNetIPAddress", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains("192.168.100.1", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("vEthernet (VmNAT)", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, State());
    }

    [Fact]
    public void Page_InTheNestedMachine_SetsAddressGatewayAndServer()
    {
        // In the virtual machine the adapter is one of its own, which has been given the name.
        _ = _session.Namespace;
        _ = _session.Run("Rename-NetAdapter eth1 'vEthernet (VmNat)'");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll(GuestAddress);
        Assert.Empty(errors);
        Assert.Contains("not one of Nestvisor's adapters", Assert.Single(warnings), StringComparison.Ordinal);
        _ = _session.Run("Netsh interface ip add dnsserver “vEthernet (VmNat)” address=192.0.2.1 validate=no");

        Assert.Equal("192.168.100.2/24", AddressesOf("eth1"));
        Assert.Equal(["10.9.0.1", "192.168.100.1"], DefaultGateways());
        Assert.Equal(["# of the test", "search example.org", "nameserver 192.0.2.53", "nameserver 192.0.2.1"], File.ReadAllLines(_session.Namespace.ResolverFile));
    }

    [Theory]
    [InlineData("Netsh interface ip add dnsserver “eth1” address=<my DNS server>", "<my DNS server>")]
    [InlineData("Netsh interface ip add dnsserver “eth1” 'address=<my DNS server>'", "<my DNS server>")]
    [InlineData("Set-DnsClientServerAddress eth1 -ServerAddresses '<My DNS Server>'", "<My DNS Server>")]
    [InlineData("New-NetIPAddress -InterfaceAlias eth1 -IPAddress '<address>'", "<address>")]
    [InlineData("New-NetIPAddress -InterfaceAlias '<adapter>' -IPAddress 10.1.1.1", "<adapter>")]
    [InlineData("New-NetNat x -InternalIPInterfaceAddressPrefix '<prefix>'", "<prefix>")]
    public void Page_APlaceholderLeftIn_IsRefusedByName(string script, string placeholder)
    {
        string before = State();

        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("Windows System Error 87,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains($"'{placeholder}' is a placeholder", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, State());
    }

    private string HostPort() => _session.Text("(Get-NetAdapter 'vEthernet (VmNAT)').InterfaceName");

    private string Rules() => _session.Namespace.Run("nft", "-j", "list", "ruleset");

    private string AddressesOf(string name)
    {
        using JsonDocument all = JsonDocument.Parse(_session.Namespace.Run("ip", "-j", "-4", "address", "show", "dev", name));
        return string.Join(' ', all.RootElement.EnumerateArray().SelectMany(link => link.GetProperty("addr_info").EnumerateArray())
            .Select(address => $"{address.GetProperty("local")}/{address.GetProperty("prefixlen")}"));
    }

    // In the order in which the kernel uses them.
    private string[] DefaultGateways()
    {
        using JsonDocument all = JsonDocument.Parse(_session.Namespace.Run("ip", "-j", "-4", "route", "show", "default"));
        return [.. all.RootElement.EnumerateArray()
            .OrderBy(route => route.TryGetProperty("metric", out JsonElement metric) ? metric.GetInt64() : 0)
            .Select(route => route.GetProperty("gateway").GetString()!)];
    }

    private string State() => string.Join(
        '\n',
        _session.Namespace.Run("ip", "-o", "-4", "address"),
        _session.Namespace.Run("ip", "route"),
        Rules(),
        File.ReadAllText(_session.Namespace.ResolverFile));
}
