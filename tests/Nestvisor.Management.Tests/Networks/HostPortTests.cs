using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>Adapters of the host at switches, on the real kernel.</summary>
public sealed class HostPortTests : IDisposable
{
    private static readonly Guid Machine = new("aaaaaaaa-0000-0000-0000-000000000001");
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Add_Adapter_AnswersItsNeighboursAndRemoveLeavesNothing()
    {
        SwitchInfo made = await EmptyAsync();
        string before = State;

        HostPortInfo port = await AddAsync(made, "Lab", "02-00-00-00-00-aa");
        _ = await _host.Network.AddAddressAsync(port.InterfaceIndex!.Value, new AddAddressRequest { Address = "192.168.50.1", PrefixLength = 24 }, TestHost.Cancellation);

        Assert.Equal(("Lab", "nvh" + port.Id.ToString("N")[..8], "02:00:00:00:00:aa", true, true), (port.Name, port.Interface, port.MacAddress, port.HasStaticMacAddress, port.IsEnabled));
        string link = _host.Sandbox.Run($"ip link show {port.Interface}");
        Assert.Contains("alias vEthernet (Lab)", link, StringComparison.Ordinal);
        Assert.Matches($"altname nestvisor.[0-9a-f]{{8}}.host.{port.Id:D}", link);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));
        Assert.True(Traffic.Pings(_host.Sandbox, "192.168.50.2"));
        Assert.Contains("lladdr 02:00:00:00:00:aa", guest.Run("ip neighbour show 192.168.50.1"), StringComparison.Ordinal);
        InterfaceInfo shown = (await _host.Network.DescribeInterfacesAsync(TestHost.Cancellation)).Single(each => each.Name == port.Interface);
        Assert.Equal(("vEthernet (Lab)", true, true, (Guid?)made.Id, false), (shown.Alias, shown.IsHostPort, shown.IsConnected, shown.SwitchId, shown.IsPartOfHostPort));
        _host.RemoveGuests();
        SwitchInfo rest = await _host.Network.RemoveHostPortAsync(made.Id, port.Id, TestHost.Cancellation);
        Assert.Equal("S", Assert.Single(rest.HostPorts).Name);
        Assert.Equal(before, State);
    }

    [Fact]
    public async Task Machine_BesideTwoAdapters_HearsFromEachOnlyForItsOwnAddress()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(made.InterfaceIndex!.Value, "192.168.50.1");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.51.1");
        string tap = Assert.IsType<string>((await _host.Network.PreparePortAsync(Machine, made.Id, TestHost.Policy(), TestHost.Cancellation)).Interface);

        using TapNeighbour first = new(_host.Sandbox, tap, TestHost.Policy(), "192.168.51.9");

        Assert.Equal(port.MacAddress, first.Resolve("192.168.51.1"));
        Assert.Equal(made.HostPorts[0].MacAddress, first.Resolve("192.168.50.1"));
    }

    [Fact]
    public async Task Add_ToAnExternalSwitchWithoutTheHost_SharesIt()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0", hostPort: false);
        Assert.False(made.AllowManagementOS);

        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "198.51.100.9");

        SwitchInfo shared = await FindAsync(made.Id);
        Assert.Equal((true, (string?)null), (shared.AllowManagementOS, shared.HostInterface));
        Assert.True(Traffic.Pings(_host.Outside, "198.51.100.9"));
        Assert.False(Traffic.Pings(_host.Outside, "198.51.100.2", tries: 1));
        SwitchInfo alone = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { AllowManagementOS = false }, TestHost.Cancellation);
        Assert.Equal((false, 0), (alone.AllowManagementOS, alone.HostPorts.Count));
        Assert.DoesNotContain("nvh", _host.Sandbox.Run("ip link"), StringComparison.Ordinal);
        _ = await AddAsync(made, "Lab");
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Fact]
    public async Task Add_WhatCannotBe_IsRefusedAndChangesNothing()
    {
        SwitchInfo quiet = await _host.CreateAsync("Quiet", SwitchType.Private);
        SwitchInfo made = await _host.CreateAsync("S");
        _ = await AddAsync(made, "Lab", "020000000001");
        string before = _host.Sandbox.State;
        string settings = await SettingsAsync();

        Assert.Equal(ApiErrorCode.InvalidState, (await RefusedAsync(quiet.Id, "X")).Error.Code);
        Assert.Equal(ApiErrorCode.InvalidState, (await RefusedAsync(SwitchInfo.DefaultSwitchId, "X")).Error.Code);
        Assert.Equal(ApiErrorCode.ObjectNotFound, (await RefusedAsync(Guid.NewGuid(), "X")).Error.Code);
        foreach (string name in (string[])["lab", "s", "default switch", " "])
        {
            Assert.Equal(ApiErrorCode.InvalidParameter, (await RefusedAsync(made.Id, name)).Error.Code);
        }

        Assert.Equal(ApiErrorCode.InvalidParameter, (await RefusedAsync(made.Id, "X", "020000000001")).Error.Code);
        Assert.Equal(ApiErrorCode.InvalidParameter, (await RefusedAsync(made.Id, "X", "010000000000")).Error.Code);
        ApiException taken = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync("LAB"));
        Assert.Contains("'S'", taken.Message, StringComparison.Ordinal);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(settings, await SettingsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Add_FailureAtEachStep_LeavesHostAndSettingsAsTheyWere(bool failsAfter) =>
        EachStepAsync(failsAfter, EmptyAsync, async () => await AddAsync(await FindAsync("S"), "Lab"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Change_FailureAtEachStep_LeavesTheAdapterAsItWas(bool failsAfter) => EachStepAsync(failsAfter, WithOneAsync, async () =>
    {
        SwitchInfo made = await FindAsync("S");
        _ = await ChangeAsync(made, made.HostPorts[1], new ChangeHostPortRequest
        {
            Name = "Other",
            MacAddress = "020000000001",
            Port = new PortSettings { MacAddressSpoofing = true, MaximumBandwidth = 1_000_000 },
        });
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Remove_FailureAtEachStep_LeavesTheAdapterAsItWas(bool failsAfter) => EachStepAsync(failsAfter, WithOneAsync, async () =>
    {
        SwitchInfo made = await FindAsync("S");
        _ = await _host.Network.RemoveHostPortAsync(made.Id, made.HostPorts[1].Id, TestHost.Cancellation);
    });

    [Fact]
    public async Task Adapter_AfterAKillAndAfterAReboot_IsAsItWas()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");
        _ = await ChangeAsync(made, port, new ChangeHostPortRequest { Port = new PortSettings { MaximumBandwidth = 1_000_000 } });
        _ = await _host.Network.AddRouteAsync(
            new RouteInfo { DestinationPrefix = "10.9.0.0/16", NextHop = "192.168.50.9", InterfaceIndex = port.InterfaceIndex.Value }, TestHost.Cancellation);
        _ = await _host.Network.ChangeInterfaceAsync(port.InterfaceIndex.Value, new ChangeInterfaceRequest { Mtu = 1400 }, TestHost.Cancellation);
        string before = _host.Sandbox.State;
        string settings = await SettingsAsync();
        string links = _host.Sandbox.Run("ip -o link show | cut -d: -f1,2");

        await _host.RestartServiceAsync();

        Assert.Equal(links, _host.Sandbox.Run("ip -o link show | cut -d: -f1,2"));
        Assert.Equal(before, _host.Sandbox.State);
        _host.Reboot();
        Assert.NotEqual(before, _host.Sandbox.State);
        await _host.LoadAsync();
        Assert.Empty(_host.Complaints);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(settings, await SettingsAsync());
        HostPortInfo again = (await FindAsync(made.Id)).HostPorts[1];
        Assert.Equal((port.MacAddress, 1_000_000L), (again.MacAddress, again.Port.MaximumBandwidth));
        Assert.Contains("mtu 1400", _host.Sandbox.Run($"ip link show {again.Interface}"), StringComparison.Ordinal);
        Assert.Contains("mtu 1500", _host.Sandbox.Run($"ip link show {made.Bridge}"), StringComparison.Ordinal);
        Assert.Contains("rate 1Mbit", _host.Sandbox.Run($"tc qdisc show dev {again.Interface}"), StringComparison.Ordinal);
        Assert.True((await _host.Network.DescribeAddressesAsync(TestHost.Cancellation)).Single(one => one.Address == "192.168.50.1").IsPersistent);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));
    }

    [Fact]
    public async Task Adapter_OfASwitchThatIsNoMore_IsRemoved()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        _ = await AddAsync(made, "Lab");
        await File.WriteAllTextAsync(_host.SettingsFile, """{ "format": 1 }""", TestHost.Cancellation);

        await _host.RestartServiceAsync();

        Assert.DoesNotMatch("nv[shp]", _host.Sandbox.Run("ip link; nft list ruleset"));
    }

    [Fact]
    public async Task Bridge_RemovedBySomebody_HasTheAdapterAgainWhenAMachineStarts()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");
        _ = _host.Sandbox.Run($"ip link delete {made.Bridge}; nft flush ruleset");

        _ = await _host.Network.PreparePortAsync(Machine, made.Id, TestHost.Policy(), TestHost.Cancellation);

        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));
    }

    [Fact]
    public async Task First_Removed_LeavesTheOthersAndTheLastMakesTheSwitchPrivate()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(made.InterfaceIndex!.Value, "192.168.50.1");

        SwitchInfo rest = await _host.Network.RemoveHostPortAsync(made.Id, made.Id, TestHost.Cancellation);

        Assert.Equal((SwitchType.Internal, true, (string?)null), (rest.Type, rest.AllowManagementOS, rest.HostInterface));
        Assert.Equal(port.Id, Assert.Single(rest.HostPorts).Id);
        Assert.DoesNotContain("192.168.50.1", _host.Sandbox.Run("ip address"), StringComparison.Ordinal);
        rest = await _host.Network.RemoveHostPortAsync(made.Id, port.Id, TestHost.Cancellation);
        Assert.Equal((SwitchType.Private, false), (rest.Type, rest.AllowManagementOS));
        SwitchInfo again = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Internal }, TestHost.Cancellation);
        Assert.Equal("vEthernet (S)", again.HostInterface);
    }

    [Fact]
    public async Task First_OfAnExternalSwitchRemoved_TakesTheHostOffIt()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        SwitchInfo rest = await _host.Network.RemoveHostPortAsync(made.Id, made.Id, TestHost.Cancellation);

        Assert.Equal((SwitchType.External, false), (rest.Type, rest.AllowManagementOS));
        Assert.Empty(_host.Sandbox.Run("ip route"));
        Assert.False(Traffic.Pings(_host.Outside, "198.51.100.2", tries: 1));
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Adapters_Renamed_AreFoundByTheirNewNamesAndSurviveTheSwitchs()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");

        _ = await _host.Network.ChangeHostPortAsync(made.Id, made.Id, new ChangeHostPortRequest { Name = "Office" }, TestHost.Cancellation);
        _ = await _host.Network.ChangeHostPortAsync(made.Id, port.Id, new ChangeHostPortRequest { Name = "S" }, TestHost.Cancellation);
        SwitchInfo renamed = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Name = "T" }, TestHost.Cancellation);

        Assert.Equal(["Office", "S"], renamed.HostPorts.Select(each => each.Name));
        Assert.Contains("alias vEthernet (Office)", _host.Sandbox.Run($"ip link show {made.Bridge}"), StringComparison.Ordinal);
        Assert.Contains("alias vEthernet (S)", _host.Sandbox.Run($"ip link show {port.Interface}"), StringComparison.Ordinal);
        Assert.Equal(ApiErrorCode.InvalidParameter, (await RefusedAsync(made.Id, "office")).Error.Code);
    }

    [Fact]
    public async Task Switch_ThroughAllTypes_KeepsTheAdaptersWhileTheHostIsOnIt()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "198.51.100.9");
        _ = await _host.Network.RemoveHostPortAsync(made.Id, made.Id, TestHost.Cancellation);

        SwitchInfo external = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Uplink = "up0" }, TestHost.Cancellation);
        Assert.Equal(["Lab"], external.HostPorts.Select(each => each.Name));
        Assert.True(Traffic.Pings(_host.Outside, "198.51.100.9"));
        SwitchInfo inside = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Internal }, TestHost.Cancellation);
        Assert.Equal(["Lab"], inside.HostPorts.Select(each => each.Name));
        SwitchInfo quiet = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Private }, TestHost.Cancellation);
        Assert.Empty(quiet.HostPorts);
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Change_AddressAndLimits_AreTheKernels()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");

        HostPortInfo changed = await ChangeAsync(made, port, new ChangeHostPortRequest { MacAddress = "02:00:00:00:00:01", Port = new PortSettings { MaximumBandwidth = 2_000_000 } });

        Assert.Equal((port.InterfaceIndex, "02:00:00:00:00:01", true), (changed.InterfaceIndex, changed.MacAddress, changed.HasStaticMacAddress));
        string known = _host.Sandbox.Run($"bridge fdb show dev {"nvp" + port.Interface[3..]}");
        Assert.Contains("02:00:00:00:00:01", known, StringComparison.Ordinal);
        Assert.DoesNotContain(port.MacAddress, known, StringComparison.Ordinal);
        Assert.Contains("rate 2Mbit", _host.Sandbox.Run($"tc qdisc show dev {port.Interface}"), StringComparison.Ordinal);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));

        changed = await ChangeAsync(made, port, new ChangeHostPortRequest { UseDynamicMacAddress = true, Port = new PortSettings() });
        Assert.Equal((port.MacAddress, false), (changed.MacAddress, changed.HasStaticMacAddress));
        Assert.DoesNotContain("tbf", _host.Sandbox.Run($"tc qdisc show dev {port.Interface}"), StringComparison.Ordinal);
        _ = await _host.Network.ChangeHostPortAsync(made.Id, made.Id, new ChangeHostPortRequest { Port = new PortSettings { MaximumBandwidth = 3_000_000 } }, TestHost.Cancellation);
        Assert.Contains("rate 3Mbit", _host.Sandbox.Run($"tc qdisc show dev {made.Bridge}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_WhatTheKernelDoesNotDo_IsRefused()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        string before = _host.Sandbox.State;

        foreach ((Guid id, ChangeHostPortRequest change) in ((Guid, ChangeHostPortRequest)[])
        [
            (port.Id, new() { Port = new PortSettings { DhcpGuard = true } }),
            (port.Id, new() { Port = new PortSettings { RouterGuard = true } }),
            (port.Id, new() { Port = new PortSettings { TrunkVlans = [1] } }),
            (made.Id, new() { Port = new PortSettings { DhcpGuard = true } }),
        ])
        {
            ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.Network.ChangeHostPortAsync(made.Id, id, change, TestHost.Cancellation));
            Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
        }

        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task First_OfAnExternalSwitchGivenAnAddress_IsAnInterfaceOfItsOwnWithTheHostsAddresses()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        SwitchInfo changed = await _host.Network.ChangeHostPortAsync(made.Id, made.Id, new ChangeHostPortRequest { MacAddress = "020000000001" }, TestHost.Cancellation);

        HostPortInfo port = Assert.Single(changed.HostPorts);
        Assert.Equal(("Ext", "02:00:00:00:00:01", true), (port.Name, port.MacAddress, port.Interface.StartsWith("nvh", StringComparison.Ordinal)));
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
        Assert.Contains($"default via 198.51.100.1 dev {port.Interface}", _host.Sandbox.Run("ip route"), StringComparison.Ordinal);
        string state = State;
        _host.Reboot();
        await _host.LoadAsync();
        Assert.Empty(_host.Complaints);
        Assert.Equal(state, State);
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task First_GivenAnAddressFailingAtEachStep_LeavesTheHostAsItWas(bool failsAfter)
    {
        _ = await EmptyAsync();
        await EachStepAsync(
            failsAfter,
            async () =>
            {
                foreach (SwitchInfo old in (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).Where(one => one.Name == "Ext"))
                {
                    await _host.Network.RemoveSwitchAsync(old.Id, TestHost.Cancellation);
                }

                _ = await _host.CreateAsync("Ext", SwitchType.External, "up0");
            },
            async () =>
            {
                SwitchInfo made = await FindAsync("Ext");
                _ = await _host.Network.ChangeHostPortAsync(made.Id, made.Id, new ChangeHostPortRequest { MacAddress = "020000000001" }, TestHost.Cancellation);
            });
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Fact]
    public async Task Adapter_WithANatsAddress_IsTheWayOut()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");
        _ = await _host.Network.CreateNatAsync(new CreateNatRequest { Name = "N", InternalPrefix = "192.168.50.0/24" }, TestHost.Cancellation);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24", "192.168.50.1");

        Assert.True(Traffic.Pings(guest, TestHost.Server));
        NatInfo nat = Assert.Single(await _host.Network.DescribeNatsAsync(TestHost.Cancellation));
        _ = await _host.Network.AddMappingAsync(
            nat.Id,
            new NatStaticMapping { Protocol = NatProtocol.Tcp, ExternalIPAddress = "0.0.0.0", ExternalPort = 8080, InternalIPAddress = "192.168.50.2", InternalPort = 80 },
            TestHost.Cancellation);
        using System.Net.Sockets.Socket server = Traffic.Serve(guest, 80);
        Assert.Equal("198.51.100.1", Traffic.Connect(_host.Outside, "198.51.100.2", 8080));
        using System.Net.Sockets.Socket beyond = Traffic.Serve(_host.Outside, 81);
        Assert.Equal("198.51.100.2", Traffic.Connect(guest, "198.51.100.1", 81));
    }

    [Fact]
    public async Task Adapter_AsTheInterfaceOfAnotherSwitch_IsRefused()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync("Ext", SwitchType.External, port.Interface));

        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        Assert.Contains("itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spoofing_OffAndOn_HoldsTheHostToItsAddress()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.50.2/24");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));

        // Somebody gives the interface another address behind the service's back.
        _ = _host.Sandbox.Run($"ip link set {port.Interface} address 02:00:00:00:00:77");
        _ = guest.Run("ip neighbour flush dev eth0");
        Assert.False(Traffic.Pings(guest, "192.168.50.1", tries: 1));
        _ = await ChangeAsync(made, port, new ChangeHostPortRequest { Port = new PortSettings { MacAddressSpoofing = true } });
        _ = _host.Sandbox.Run($"ip link set {port.Interface} address 02:00:00:00:00:77");
        _ = guest.Run("ip neighbour flush dev eth0");
        Assert.True(Traffic.Pings(guest, "192.168.50.1"));
    }

    [Fact]
    public async Task Vlan_KernelWithout8021q_IsRefusedAndSaysWhatIsMissing()
    {
        Assert.SkipWhen(HasVlans, "This kernel has VLAN interfaces (8021q); what it says without cannot be seen.");
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo port = await AddAsync(made, "Lab");
        string before = _host.Sandbox.State;
        string settings = await SettingsAsync();

        foreach (Guid id in (Guid[])[port.Id, made.Id])
        {
            ApiException error = await Assert.ThrowsAsync<ApiException>(() =>
                _host.Network.ChangeHostPortAsync(made.Id, id, new ChangeHostPortRequest { Port = new PortSettings { Vlan = 10 } }, TestHost.Cancellation));
            Assert.Equal(ApiErrorCode.NotSupported, error.Error.Code);
            Assert.Contains("8021q", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(settings, await SettingsAsync());
        Assert.Equal(port.InterfaceIndex, (await FindAsync(made.Id)).HostPorts[1].InterfaceIndex);
    }

    [Fact]
    public async Task Vlan_OfAnAdapter_IsHeardByItAlone()
    {
        Assert.SkipUnless(HasVlans, "This kernel has no VLAN interfaces: the module 8021q (CONFIG_VLAN_8021Q) is missing.");
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo tagged = await AddAsync(made, "Ten");
        HostPortInfo plain = await AddAsync(made, "Plain");
        await AddressAsync(tagged.InterfaceIndex!.Value, "192.168.50.1");
        await AddressAsync(plain.InterfaceIndex!.Value, "192.168.51.1");
        HostPortInfo changed = await ChangeAsync(made, tagged, new ChangeHostPortRequest { Port = new PortSettings { Vlan = 10 } });
        Assert.Equal((10, tagged.InterfaceIndex, tagged.MacAddress), (changed.Port.Vlan, changed.InterfaceIndex, changed.MacAddress));
        PortPolicy policy = TestHost.Policy() with { Vlan = PortVlan.Access(10) };
        string tap = Assert.IsType<string>((await _host.Network.PreparePortAsync(Machine, made.Id, policy, TestHost.Cancellation)).Interface);
        using (TapNeighbour machine = new(_host.Sandbox, tap, policy, "192.168.50.9"))
        {
            Assert.Equal(tagged.MacAddress, machine.Resolve("192.168.50.1"));
            machine.Ask("192.168.51.1");
            Assert.Equal(tagged.MacAddress, machine.Resolve("192.168.50.1"));
            Assert.True(Unheard(plain) > 0);
        }

        await _host.Network.ChangePortAsync(Machine, made.Id, TestHost.Policy(), TestHost.Cancellation);
        using (TapNeighbour machine = new(_host.Sandbox, tap, TestHost.Policy(), "192.168.51.9"))
        {
            long before = Unheard(tagged);
            machine.Ask("192.168.50.1");
            Assert.Equal(plain.MacAddress, machine.Resolve("192.168.51.1"));
            Assert.True(Unheard(tagged) > before);
        }

        changed = await ChangeAsync(made, tagged, new ChangeHostPortRequest { Port = new PortSettings() });
        Assert.Equal((0, tagged.InterfaceIndex), (changed.Port.Vlan, changed.InterfaceIndex));
        Assert.DoesNotContain("nvl", _host.Sandbox.Run("ip link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vlan_OfAMachine_IsNotHeardByAnAdapterWithoutIt()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        HostPortInfo plain = await AddAsync(made, "Plain");
        await AddressAsync(plain.InterfaceIndex!.Value, "192.168.51.1");
        PortPolicy policy = TestHost.Policy() with { Vlan = PortVlan.Access(10) };
        string tap = Assert.IsType<string>((await _host.Network.PreparePortAsync(Machine, made.Id, policy, TestHost.Cancellation)).Interface);
        using TapNeighbour machine = new(_host.Sandbox, tap, policy, "192.168.51.9");

        machine.Ask("192.168.51.1");

        TestService.Until(() => Unheard(plain) > 0, "the tagged question is dropped at the adapter");
        Assert.DoesNotContain("192.168.51.9", _host.Sandbox.Run("ip neighbour"), StringComparison.Ordinal);
    }

    private bool HasVlans => _host.Sandbox.Try("ip link add link up0 name probe type vlan id 1 && ip link delete probe").Code == 0;

    // Frames that were kept from an adapter because of their tag, or because they have none.
    private long Unheard(HostPortInfo port) =>
        _host.Sandbox.Run("nft list tables bridge | while read -r word family table; do nft list chain bridge $table nvp" + port.Interface[3..] + "_in; done")
            .Split("packets ").Skip(1).Sum(part => long.Parse(part.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

    // In any order; the chain of what adapters hear stays with the table.
    private string State => string.Join('\n', (_host.Sandbox.State + _host.Sandbox.Run("ip -o link show | grep ': nvh' | grep -o 'qdisc [a-z]*\\|link/ether [^ ]*\\|alias .*' || true")).Split('\n')
        .Select(line => System.Text.RegularExpressions.Regex.Replace(line, "packets [0-9]+ bytes [0-9]+", "").Trim())
        .Where(line => line.Length > 1 && !line.Contains("receivers", StringComparison.Ordinal)
            && line is not ("type filter hook postrouting priority -300; policy accept;" or "type ifname : verdict"))
        .Order(StringComparer.Ordinal));

    // A step whose failure is no hindrance lets the operation come to its end; all is made ready again after it.
    private async Task EachStepAsync(bool failsAfter, Func<Task> prepare, Func<Task> operation)
    {
        await prepare();
        string before = State;
        string settings = await SettingsAsync();
        _host.Runner.FailsAfter = failsAfter;
        for (int step = 1; step < 100; step++)
        {
            _host.Runner.FailAt(step);
            try
            {
                await operation();
                if (!_host.Runner.HasFailed)
                {
                    Assert.True(step > 5);
                    return;
                }

                _host.Runner.FailAt(int.MaxValue);
                await prepare();
                before = State;
                settings = await SettingsAsync();
            }
            catch (ApiException error)
            {
                Assert.True(before == State, $"After a failure at step {step} the host is not as it was:\n{before}\n{State}\n{error.Message}");
                Assert.Equal(settings, await SettingsAsync());
            }
        }

        Assert.Fail("The operation has no end.");
    }

    private async Task<SwitchInfo> EmptyAsync()
    {
        SwitchInfo? made = (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).FirstOrDefault(one => one.Name == "S");
        if (made is null)
        {
            // The table of rules comes with the first adapter and goes with the last switch.
            made = await _host.CreateAsync("S");
            _ = await AddAsync(made, "First");
            made = await FindAsync(made.Id);
        }

        foreach (HostPortInfo port in made.HostPorts.Skip(1))
        {
            _ = await _host.Network.RemoveHostPortAsync(made.Id, port.Id, TestHost.Cancellation);
        }

        return made;
    }

    private async Task<HostPortInfo> WithOneAsync()
    {
        HostPortInfo port = await AddAsync(await EmptyAsync(), "Lab");
        await AddressAsync(port.InterfaceIndex!.Value, "192.168.50.1");
        return port;
    }

    private async Task<HostPortInfo> AddAsync(SwitchInfo to, string name, string? mac = null) =>
        (await _host.Network.AddHostPortAsync(to.Id, new AddHostPortRequest { Name = name, MacAddress = mac }, TestHost.Cancellation)).HostPorts[^1];

    private async Task<HostPortInfo> ChangeAsync(SwitchInfo of, HostPortInfo port, ChangeHostPortRequest change) =>
        (await _host.Network.ChangeHostPortAsync(of.Id, port.Id, change, TestHost.Cancellation)).HostPorts.First(each => each.Id == port.Id);

    private Task AddressAsync(int index, string address) =>
        _host.Network.AddAddressAsync(index, new AddAddressRequest { Address = address, PrefixLength = 24 }, TestHost.Cancellation);

    private Task<ApiException> RefusedAsync(Guid id, string name, string? mac = null) => Assert.ThrowsAsync<ApiException>(() =>
        _host.Network.AddHostPortAsync(id, new AddHostPortRequest { Name = name, MacAddress = mac }, TestHost.Cancellation));

    private async Task<SwitchInfo> FindAsync(string name) => (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).First(one => one.Name == name);

    private async Task<SwitchInfo> FindAsync(Guid id) => (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).First(one => one.Id == id);

    private Task<string> SettingsAsync() => File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation);
}
