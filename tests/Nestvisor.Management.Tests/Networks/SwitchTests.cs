using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>Switches from their making to their end, on the real kernel.</summary>
public sealed class SwitchTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Switches_NewHost_HasTheDefaultSwitchAndTheKernelHasNothing()
    {
        string before = _host.Sandbox.State;
        await _host.LoadAsync();

        SwitchInfo only = Assert.Single(await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation));

        Assert.Equal((SwitchInfo.DefaultSwitchId, "Default Switch", SwitchType.Internal, true), (only.Id, only.Name, only.Type, only.IsDefault));
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Theory]
    [InlineData("VmNAT", SwitchType.Internal, "vEthernet (VmNAT)")]
    [InlineData("Quiet", SwitchType.Private, null)]
    public async Task Create_WithoutUplink_MakesABridgeAndRemoveLeavesNothing(string name, SwitchType type, string? hostInterface)
    {
        string before = _host.Sandbox.State;

        SwitchInfo made = await _host.CreateAsync(name, type);

        Assert.Equal((name, type, hostInterface, (string?)null), (made.Name, made.Type, made.HostInterface, made.Uplink));
        Assert.Empty(made.Warnings);
        string link = _host.Sandbox.Run($"ip -d link show {made.Bridge}");
        Assert.Contains($"alias {hostInterface ?? name}", link, StringComparison.Ordinal);
        Assert.Equal(type == SwitchType.Private ? "1" : "0", _host.Sandbox.Run($"cat /proc/sys/net/ipv6/conf/{made.Bridge}/disable_ipv6").Trim());
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        _ = Assert.Single(await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation));
    }

    [Fact]
    public async Task Create_NameOf200Characters_IsKeptWholeAndFoundWithoutCase()
    {
        string name = new string('Ü', 100) + new string('x', 100);
        SwitchInfo made = await _host.CreateAsync(name);

        Assert.Equal(name, made.Name);
        Assert.Equal($"vEthernet ({name})", made.HostInterface);
        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync(name.ToLowerInvariant()));
        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    [InlineData("dEFAULT sWITCH")]
    public async Task Create_NameThatCannotBe_ChangesNothing(string name)
    {
        string before = _host.Sandbox.State;
        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync(name));
        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.False(File.Exists(_host.SettingsFile));
    }

    [Fact]
    public async Task External_WithHostPort_JoinsGuestsHostAndNetworkAndGivesAllBack()
    {
        string before = _host.Sandbox.State;
        string mac = _host.Sandbox.Run("cut -d, -f1 /proc/net/dev >/dev/null; ip -o link show up0 | grep -o 'ether [^ ]*'");

        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        Assert.Equal((true, "up0", "vEthernet (Ext)"), (made.AllowManagementOS, made.Uplink, made.HostInterface));
        Assert.Equal(mac, _host.Sandbox.Run($"ip -o link show {made.Bridge} | grep -o 'ether [^ ]*'"));
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "198.51.100.77/24", "198.51.100.1");
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
        Assert.True(Traffic.Pings(guest, TestHost.Server));
        Assert.True(Traffic.Pings(guest, "198.51.100.2"));
        _host.RemoveGuests();
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Fact]
    public async Task External_WithoutHostPort_JoinsGuestsAndNetworkOnly()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0", hostPort: false);

        Assert.Null(made.HostInterface);
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "198.51.100.77/24", "198.51.100.1");
        Assert.True(Traffic.Pings(guest, TestHost.Server));
        Assert.False(Traffic.Pings(guest, "198.51.100.2", tries: 1));
        Assert.Empty(_host.Sandbox.Run("ip route"));
        _host.RemoveGuests();
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task External_FailureAtEachStep_LeavesHostAndSettingsAsTheyWere(bool failsAfter)
    {
        string before = _host.Sandbox.State;
        int steps = await _host.Runner.FailAtEachStepAsync<ApiException>(
            failsAfter,
            () => _host.CreateAsync("Ext", SwitchType.External, "up0"),
            async (step, error) =>
            {
                Assert.Contains("as told", error.Message, StringComparison.Ordinal);
                _ = _host.Sandbox.Try("nft list tables | grep nestvisor | while read t f n; do nft delete table $f $n; done");
                Assert.True(before == _host.Sandbox.State, $"After a failure at step {step} the host is not as it was:\n{before}\n{_host.Sandbox.State}\n{error.Message}");
                Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server), $"After a failure at step {step} the host is cut off.");
                _ = Assert.Single(await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation));
            });

        Assert.False(_host.Runner.HasFailed);
        Assert.InRange(steps, 12, 60);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Theory]
    [InlineData(true, "Set-DnsClientServerAddress 'vEthernet (Ext)' -ServerAddresses 192.0.2.1, 2001:db8::1")]
    [InlineData(false, "resolvectl dns INTERFACE 192.0.2.1 2001:db8::1")]
    public async Task External_NameServersOfTheInterfaceOnly_AreWarnedOf(bool hostPort, string advice)
    {
        _host.UseResolved();
        _host.Resolved.Answers["resolvectl dns"] = new CommandResult(0, "Global:\nLink 2 (up0): 192.0.2.1 2001:db8::1\nLink 3 (other): 192.0.2.9\n", "");

        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0", hostPort);

        string warning = Assert.Single(made.Warnings);
        Assert.Contains("'up0'", warning, StringComparison.Ordinal);
        Assert.Contains(advice, warning, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.9", warning, StringComparison.Ordinal);
        Assert.Empty((await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).Single(one => one.Id == made.Id).Warnings);
    }

    [Fact]
    public async Task Change_ToAnInterfaceWithNameServersOfItsOwn_IsWarnedOf()
    {
        _host.UseResolved();
        _host.Resolved.Answers["resolvectl dns"] = new CommandResult(0, "Link 2 (up0): 192.0.2.1\n", "");
        SwitchInfo made = await _host.CreateAsync("S");
        Assert.Empty(made.Warnings);

        made = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Uplink = "up0" }, TestHost.Cancellation);
        Assert.Contains($"resolvectl dns {made.Bridge} 192.0.2.1", Assert.Single(made.Warnings), StringComparison.Ordinal);

        made = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Private }, TestHost.Cancellation);
        Assert.Empty(made.Warnings);
    }

    [Fact]
    public async Task External_NameServersThatCannotBeRead_AreWarnedOf()
    {
        _host.UseResolved();
        _host.Resolved.Answers["resolvectl dns"] = new CommandResult(1, "", "Unit dbus-org.freedesktop.resolve1.service not found.\n");

        SwitchInfo made = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        Assert.Contains("Unit dbus-org", Assert.Single(made.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "Global: 192.0.2.53\nLink 2 (up0):\n")]
    [InlineData(false, "Link 2 (up0): 192.0.2.1\n")]
    public async Task External_NameServersForAll_AreNoMatter(bool isResolved, string answer)
    {
        if (isResolved)
        {
            _host.UseResolved();
        }

        _host.Resolved.Answers["resolvectl dns"] = new CommandResult(0, answer, "");

        Assert.Empty((await _host.CreateAsync("Ext", SwitchType.External, "up0")).Warnings);
    }

    [Fact]
    public async Task External_InterfaceOfAnotherSwitch_IsRefused()
    {
        _ = await _host.CreateAsync("Ext", SwitchType.External, "up0");

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.CreateAsync("Ext2", SwitchType.External, "up0"));

        Assert.Contains("'up0'", error.Message, StringComparison.Ordinal);
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));
    }

    [Fact]
    public async Task Change_ThroughAllTypesAndBack_IsAsNamedEachTimeAndLeavesNothing()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("S");

        SwitchInfo external = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Uplink = "up0" }, TestHost.Cancellation);
        Assert.Equal((SwitchType.External, true, "up0"), (external.Type, external.AllowManagementOS, external.Uplink));
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));

        SwitchInfo hidden = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { AllowManagementOS = false }, TestHost.Cancellation);
        Assert.Null(hidden.HostInterface);
        Assert.Empty(_host.Sandbox.Run("ip route"));

        SwitchInfo quiet = await _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Private }, TestHost.Cancellation);
        Assert.Equal((SwitchType.Private, (string?)null), (quiet.Type, quiet.Uplink));
        Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server));

        SwitchInfo renamed = await _host.Network.ChangeSwitchAsync(
            made.Id, new ChangeSwitchRequest { Type = SwitchType.Internal, Name = "T", Notes = "n" }, TestHost.Cancellation);
        Assert.Equal(("T", "n", "vEthernet (T)"), (renamed.Name, renamed.Notes, renamed.HostInterface));
        Assert.Contains("alias vEthernet (T)", _host.Sandbox.Run($"ip link show {made.Bridge}"), StringComparison.Ordinal);

        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Change_FailureAtEachStep_LeavesTheSwitchAsItWas(bool failsAfter)
    {
        SwitchInfo made = await _host.CreateAsync("S", SwitchType.External, "up0");
        string before = _host.Sandbox.State;
        string settings = await File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation);
        int steps = await _host.Runner.FailAtEachStepAsync<ApiException>(
            failsAfter,
            () => _host.Network.ChangeSwitchAsync(made.Id, new ChangeSwitchRequest { Type = SwitchType.Private }, TestHost.Cancellation),
            async (step, error) =>
            {
                Assert.True(before == _host.Sandbox.State, $"After a failure at step {step} the host is not as it was:\n{before}\n{_host.Sandbox.State}\n{error.Message}");
                Assert.Equal(settings, await File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation));
                Assert.True(Traffic.Pings(_host.Sandbox, TestHost.Server), $"After a failure at step {step} the host is cut off.");
            });

        Assert.InRange(steps, 3, 60);
    }

    [Fact]
    public async Task DefaultSwitch_ChangedOrRemoved_IsRefused()
    {
        ApiException removed = await Assert.ThrowsAsync<ApiException>(() => _host.Network.RemoveSwitchAsync(SwitchInfo.DefaultSwitchId, TestHost.Cancellation));
        ApiException changed = await Assert.ThrowsAsync<ApiException>(() =>
            _host.Network.ChangeSwitchAsync(SwitchInfo.DefaultSwitchId, new ChangeSwitchRequest { Name = "mine" }, TestHost.Cancellation));

        Assert.Equal((ApiErrorCode.InvalidState, ApiErrorCode.InvalidState), (removed.Error.Code, changed.Error.Code));
    }

    [Fact]
    public async Task Create_NameOfTheBridgeIsTaken_SaysByWhomAndTouchesNothing()
    {
        _ = _host.Sandbox.Run("ip link add nvs12345678 type bridge; ip link property add dev nvs12345678 altname nestvisor.another.switch");
        string before = _host.Sandbox.State;

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.Network.CreateSwitchAsync(
            new CreateSwitchRequest { Name = "S", Type = SwitchType.Internal, Id = new Guid("12345678-0000-0000-0000-000000000000") }, TestHost.Cancellation));

        Assert.Contains("nestvisor.another.switch", error.Message, StringComparison.Ordinal);
        Assert.Contains("ip link delete nvs12345678", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, _host.Sandbox.State);
    }
}
