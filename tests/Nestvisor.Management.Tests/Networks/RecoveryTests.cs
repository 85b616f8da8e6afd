using System.Text.Json;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>The service ends and begins anew, the host is started anew, others meddle.</summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly Guid Adapter = new("aaaaaaaa-0000-0000-0000-000000000001");
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Service_StartedAnew_ChangesNothingThatRuns()
    {
        (SwitchInfo made, NatInfo nat) = await SetUpAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        string links = _host.Sandbox.Run("ip -o link show | cut -d: -f1,2");
        string before = _host.Sandbox.State;
        string settings = await SettingsAsync();
        IReadOnlyList<SwitchInfo> switches = await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation);

        await _host.RestartServiceAsync();

        Assert.Empty(_host.Complaints);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(links, _host.Sandbox.Run("ip -o link show | cut -d: -f1,2"));
        Assert.Equal(settings, await SettingsAsync());
        Assert.Equivalent(switches, await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation), strict: true);
        Assert.Equivalent(nat, Assert.Single(await _host.Network.DescribeNatsAsync(TestHost.Cancellation)), strict: true);
        Assert.True(Traffic.Pings(guest, TestHost.Server));
        await _host.Network.ChangePortAsync(Adapter, null, TestHost.Policy(), TestHost.Cancellation);
    }

    [Fact]
    public async Task Host_StartedAnew_GetsAllOfItAgain()
    {
        (SwitchInfo made, _) = await SetUpAsync();
        SwitchInfo external = await _host.CreateAsync("Ext", SwitchType.External, "up0");
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);
        string before = _host.Sandbox.State;
        string settings = await SettingsAsync();

        _host.Reboot();
        Assert.NotEqual(before, _host.Sandbox.State);
        await _host.LoadAsync();

        Assert.Empty(_host.Complaints);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(settings, await SettingsAsync());
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        Assert.True(Traffic.Pings(guest, TestHost.Server));
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
        NetworkSandbox neighbour = _host.AddGuest(external.Bridge, "198.51.100.77/24", "198.51.100.1");
        Assert.True(Traffic.Pings(neighbour, TestHost.Server));
    }

    [Fact]
    public async Task Host_StartedAnewWithoutTheInterface_SaysSoAndRebuildsTheRest()
    {
        _ = await _host.CreateAsync("Ext", SwitchType.External, "up0");
        SwitchInfo quiet = await _host.CreateAsync("Quiet", SwitchType.Private);

        _host.Reboot();
        _ = _host.Sandbox.Run("ip link set up0 down; ip link set up0 name other0");
        await _host.LoadAsync();

        Assert.Contains("'up0'", Assert.Single(_host.Complaints), StringComparison.Ordinal);
        _ = _host.Sandbox.Run($"ip link show {quiet.Bridge}");
    }

    [Fact]
    public async Task Service_EndedWhileASwitchWasMade_GivesTheInterfaceBack()
    {
        string before = _host.Sandbox.State;
        _ = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        // As the file is between the two writes of New-VMSwitch: the switch is being made, and is not among the others yet.
        string settings = await SettingsAsync();
        using JsonDocument document = JsonDocument.Parse(settings);
        string entry = document.RootElement.GetProperty("switches")[0].GetRawText();
        await File.WriteAllTextAsync(_host.SettingsFile, $$"""{ "format": 1, "unfinished": {{entry}} }""", TestHost.Cancellation);
        await _host.RestartServiceAsync();

        Assert.Empty(_host.Complaints);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
        _ = Assert.Single(await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation));
    }

    [Fact]
    public async Task Bridge_OfASwitchThatIsNoMore_IsRemovedAndOthersStay()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        _ = _host.Sandbox.Run("ip link add br0 type bridge; ip link add nvs99999999 type bridge");
        await File.WriteAllTextAsync(_host.SettingsFile, """{ "format": 1 }""", TestHost.Cancellation);

        await _host.RestartServiceAsync();

        string links = _host.Sandbox.Run("ip link");
        Assert.DoesNotContain(made.Bridge, links, StringComparison.Ordinal);
        Assert.Contains("br0", links, StringComparison.Ordinal);
        Assert.Contains("nvs99999999", links, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bridge_RemovedBySomebody_IsMadeAgainWhenAMachineStarts()
    {
        (SwitchInfo made, _) = await SetUpAsync();
        _ = _host.Sandbox.Run($"ip link delete {made.Bridge}; nft flush ruleset");
        Assert.Contains("not there", Assert.Single((await FindAsync(made.Id)).Warnings), StringComparison.Ordinal);

        _ = await _host.Network.PreparePortAsync(Adapter, made.Id, TestHost.Policy(), TestHost.Cancellation);

        Assert.Empty((await FindAsync(made.Id)).Warnings);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        Assert.True(Traffic.Pings(guest, TestHost.Server));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{ "format": 2 }""")]
    [InlineData("""{ "bogus": 1 }""")]
    public async Task Settings_Unreadable_AreReportedAndLeftAlone(string content)
    {
        await File.WriteAllTextAsync(_host.SettingsFile, content, TestHost.Cancellation);
        string before = _host.Sandbox.State;

        await _host.RestartServiceAsync();
        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync("S"));

        Assert.Contains(_host.SettingsFile, Assert.Single(_host.Complaints), StringComparison.Ordinal);
        Assert.Contains(_host.SettingsFile, error.Message, StringComparison.Ordinal);
        Assert.Equal(content, await SettingsAsync());
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Interfaces_OfTheHostsPort_KeepWhatTheyAreGiven()
    {
        (SwitchInfo made, _) = await SetUpAsync();
        int index = made.InterfaceIndex!.Value;
        _ = await _host.Network.AddAddressAsync(index, new AddAddressRequest { Address = "fd00:1::1", PrefixLength = 64 }, TestHost.Cancellation);
        RouteInfo route = new() { DestinationPrefix = "10.9.0.0/16", NextHop = "192.168.100.9", InterfaceIndex = index, Metric = 7 };
        _ = await _host.Network.AddRouteAsync(route, TestHost.Cancellation);
        _ = await _host.Network.ChangeInterfaceAsync(index, new ChangeInterfaceRequest { Mtu = 1400 }, TestHost.Cancellation);
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);

        _host.Reboot();
        await _host.LoadAsync();

        Assert.Empty(_host.Complaints);
        Assert.Contains("10.9.0.0/16 via 192.168.100.9", _host.Sandbox.Run("ip route"), StringComparison.Ordinal);
        Assert.Contains("fd00:1::1/64", _host.Sandbox.Run($"ip address show dev {made.Bridge}"), StringComparison.Ordinal);
        Assert.Contains("mtu 1400", _host.Sandbox.Run($"ip link show {made.Bridge}"), StringComparison.Ordinal);
        index = (await FindAsync(made.Id)).InterfaceIndex!.Value;
        Assert.True((await _host.Network.DescribeAddressesAsync(TestHost.Cancellation)).Single(one => one.Address == "fd00:1::1").IsPersistent);
        Assert.True((await _host.Network.DescribeRoutesAsync(TestHost.Cancellation)).Single(one => one.DestinationPrefix == "10.9.0.0/16").IsPersistent);
        await _host.Network.RemoveRouteAsync(route with { InterfaceIndex = index }, TestHost.Cancellation);
        await _host.Network.RemoveAddressAsync(index, "fd00:1::1", TestHost.Cancellation);
        Assert.DoesNotContain("10.9.0.0", _host.Sandbox.Run("ip route"), StringComparison.Ordinal);
        Assert.DoesNotContain("fd00:1::1", _host.Sandbox.Run("ip address"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interfaces_OfTheHostItself_AreNotChanged()
    {
        string before = _host.Sandbox.State;
        InterfaceInfo up = (await _host.Network.DescribeInterfacesAsync(TestHost.Cancellation)).Single(one => one.Name == "up0");
        Assert.False(up.IsHostPort);

        ApiException error = await Assert.ThrowsAsync<ApiException>(() =>
            _host.Network.AddAddressAsync(up.Index, new AddAddressRequest { Address = "10.0.0.1", PrefixLength = 8 }, TestHost.Cancellation));

        Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
        Assert.Equal(before, _host.Sandbox.State);
    }

    private async Task<(SwitchInfo Switch, NatInfo Nat)> SetUpAsync()
    {
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        _ = await _host.Network.AddMappingAsync(
            nat.Id,
            new NatStaticMapping { Protocol = NatProtocol.Tcp, ExternalIPAddress = "0.0.0.0", ExternalPort = 8080, InternalIPAddress = "192.168.100.2", InternalPort = 80 },
            TestHost.Cancellation);
        _ = await _host.Network.PreparePortAsync(Adapter, made.Id, TestHost.Policy(), TestHost.Cancellation);
        return (made, Assert.Single(await _host.Network.DescribeNatsAsync(TestHost.Cancellation)));
    }

    private async Task<SwitchInfo> FindAsync(Guid id) => (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).First(one => one.Id == id);

    private Task<string> SettingsAsync() => File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation);
}
