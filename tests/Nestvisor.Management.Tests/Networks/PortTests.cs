using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Management.Networks;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Tests.Host;
using Nestvisor.Platform;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>The ports of machines that run, and the default switch, which comes and goes with them.</summary>
public sealed class PortTests : IDisposable
{
    private static readonly Guid Adapter = new("aaaaaaaa-0000-0000-0000-000000000001");
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Prepare_Port_IsOnItsSwitchAndReleaseLeavesNothing()
    {
        string before = _host.Sandbox.State;
        SwitchInfo made = await _host.CreateAsync("S");

        string tap = await PrepareAsync(made.Id);

        Assert.Equal("nvtaaaaaaaa", tap);
        Assert.Contains($"master {made.Bridge}", _host.Sandbox.Run($"ip link show {tap}"), StringComparison.Ordinal);
        Assert.Contains("00:15:5d:00:00:01", _host.Sandbox.Run($"bridge fdb show dev {tap}"), StringComparison.Ordinal);
        Assert.Equal([Adapter], (await DescribeAsync(made.Id)).ConnectedAdapters);
        using TapDevice device = _host.Sandbox.Inside(() => TapDevice.Open(tap, 4));

        ApiException used = await Assert.ThrowsAsync<ApiException>(() => _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation));
        Assert.Equal(ApiErrorCode.ObjectInUse, used.Error.Code);
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Prepare_Unconnected_IsSwitchedOffAndConnectsWhileItRuns()
    {
        SwitchInfo one = await _host.CreateAsync("One");
        SwitchInfo other = await _host.CreateAsync("Other", SwitchType.Private);
        string tap = await PrepareAsync(null);
        Assert.DoesNotContain(",UP", _host.Sandbox.Run($"ip link show {tap}"), StringComparison.Ordinal);

        foreach (SwitchInfo target in (SwitchInfo[])[one, other, one])
        {
            await _host.Network.ChangePortAsync(Adapter, target.Id, TestHost.Policy(), TestHost.Cancellation);
            Assert.Equal([Adapter], (await DescribeAsync(target.Id)).ConnectedAdapters);
            Assert.Contains(",UP", _host.Sandbox.Run($"ip link show {tap}"), StringComparison.Ordinal);
            Assert.Equal(target.Id == other.Id, _host.Sandbox.Run("nft list ruleset").Contains($"elements = {{ \"{tap}\" }}", StringComparison.Ordinal));
        }

        await _host.Network.ChangePortAsync(Adapter, null, TestHost.Policy(), TestHost.Cancellation);
        Assert.Empty((await DescribeAsync(one.Id)).ConnectedAdapters);
        Assert.DoesNotContain(",UP", _host.Sandbox.Run($"ip link show {tap}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Prepare_FailureAtEachStep_LeavesNothing(bool failsAfter)
    {
        await EachStepAsync(failsAfter, () => PrepareAsync(SwitchInfo.DefaultSwitchId));
        Assert.True(_host.Runner.Changes > 10);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Change_FailureAtEachStep_LeavesThePortAsItWas(bool failsAfter)
    {
        SwitchInfo one = await _host.CreateAsync("One");
        SwitchInfo other = await _host.CreateAsync("Other", SwitchType.Private);
        _ = await PrepareAsync(one.Id);
        await EachStepAsync(failsAfter, () => _host.Network.ChangePortAsync(Adapter, other.Id, TestHost.Policy(), TestHost.Cancellation));
        Assert.True(_host.Runner.Changes > 5);
    }

    [Fact]
    public async Task Prepare_SwitchThatIsGone_IsRefusedAndLeavesNothing()
    {
        string before = _host.Sandbox.State;
        ApiException error = await Assert.ThrowsAsync<ApiException>(() => PrepareAsync(Guid.NewGuid()));
        Assert.Equal(ApiErrorCode.ObjectNotFound, error.Error.Code);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Counters_FramesThatPassAndThatAreDropped_AreCounted()
    {
        SwitchInfo made = await _host.CreateAsync("S");
        string tap = await PrepareAsync(made.Id);
        using TapDevice device = _host.Sandbox.Inside(() => TapDevice.Open(tap, 1));
        Assert.Null(await _host.Network.ReadPortCountersAsync(Guid.NewGuid(), TestHost.Cancellation));

        // Before, the bridge drops what the port sends, and no rule sees it.
        TestService.Until(() => _host.Sandbox.Run($"bridge link show dev {tap}").Contains("state forwarding", StringComparison.Ordinal), "the port forwards");
        byte[] packet = new byte[PacketHeader.Size + 60];
        Convert.FromHexString("FFFFFFFFFFFF00155D00000188B5").CopyTo(packet, PacketHeader.Size);
        Assert.Equal(0, device.Write(0, packet));
        packet[PacketHeader.Size + 11] = 9;
        Assert.Equal(0, device.Write(0, packet));

        // What a port sends is looked at soon, but not before the write returns.
        HostPortCounters counters = null!;
        await TestService.UntilAsync(
            async () => (counters = (await _host.Network.ReadPortCountersAsync(Adapter, TestHost.Cancellation))!).DroppedSpoofed > 0, "a frame is dropped");
        Assert.Equal((2L, 120L, 1L, 0L), (counters.PacketsSent, counters.BytesSent, counters.DroppedSpoofed, counters.DroppedVlan));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("nft 'add table inet f; add chain inet f input { type filter hook input priority 0 ; policy drop ; }; add chain inet f forward { type filter hook forward priority 0 ; policy drop ; }'")]
    public async Task DefaultSwitch_Guest_GetsAnAddressAndANameAndReachesOut(string firewall)
    {
        _ = _host.Sandbox.Run(firewall);
        string before = _host.Sandbox.State;
        _ = await PrepareAsync(SwitchInfo.DefaultSwitchId);
        SwitchInfo made = await DescribeAsync(SwitchInfo.DefaultSwitchId);
        NetworkSandbox guest = _host.AddGuest(made.Bridge);

        (string address, Dictionary<byte, byte[]> options) = DhcpExchange.Lease(guest, "guest1");
        string gateway = new IPAddress(options[3]).ToString();
        _ = guest.Run($"ip address add {address}/20 dev eth0; ip route add default via {gateway}");

        Assert.Equal("172.30.240.1", gateway);
        Assert.StartsWith("172.30.2", address, StringComparison.Ordinal);
        Assert.Equal(gateway, new IPAddress(options[6]).ToString());
        Assert.Equal(address, DhcpExchange.Resolve(guest, gateway, "guest1.mshome.net"));
        using Socket server = Traffic.Serve(_host.Outside, 7);
        Assert.Equal("198.51.100.2", Traffic.Connect(guest, TestHost.Server, 7));

        _host.RemoveGuests();
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Null((await DescribeAsync(SwitchInfo.DefaultSwitchId)).InterfaceIndex);
    }

    [Theory]
    [InlineData("ip address add 172.30.250.1/24 dev up0")]
    [InlineData("ip route add 172.30.240.0/21 via 198.51.100.1")]
    [InlineData("ip route add 172.30.255.9/32 via 198.51.100.1 table 77")]
    public async Task DefaultSwitch_PrefixThatTheHostUses_IsNotTaken(string command)
    {
        _ = await PrepareAsync(SwitchInfo.DefaultSwitchId);
        Assert.Contains("172.30.240.1/20", await AddressAsync(), StringComparison.Ordinal);
        await _host.Network.ReleasePortAsync(Adapter, TestHost.Cancellation);

        _ = _host.Sandbox.Run(command);
        _ = await PrepareAsync(SwitchInfo.DefaultSwitchId);

        Assert.Contains("172.30.224.1/20", await AddressAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReleaseOthers_PortsOfMachinesThatEnded_AreRemoved()
    {
        Guid running = new("bbbbbbbb-0000-0000-0000-000000000002");
        SwitchInfo made = await _host.CreateAsync("S");
        _ = await PrepareAsync(made.Id);
        _ = await _host.Network.PreparePortAsync(running, made.Id, TestHost.Policy("00:15:5d:00:00:02"), TestHost.Cancellation);

        await _host.Network.ReleaseOtherPortsAsync(new HashSet<Guid> { running }, TestHost.Cancellation);

        Assert.Equal([running], (await DescribeAsync(made.Id)).ConnectedAdapters);
        Assert.DoesNotContain("nvtaaaaaaaa", _host.Sandbox.Run("nft list ruleset; ip link"), StringComparison.Ordinal);
    }

    private async Task<string> PrepareAsync(Guid? id) =>
        Assert.IsType<string>((await _host.Network.PreparePortAsync(Adapter, id, TestHost.Policy(), TestHost.Cancellation)).Interface);

    private async Task<SwitchInfo> DescribeAsync(Guid id) => (await _host.Network.DescribeSwitchesAsync(TestHost.Cancellation)).First(one => one.Id == id);

    private async Task<string> AddressAsync() => _host.Sandbox.Run($"ip -o address show dev {(await DescribeAsync(SwitchInfo.DefaultSwitchId)).Bridge}");

    private async Task EachStepAsync(bool failsAfter, Func<Task> operation)
    {
        string before = _host.Sandbox.State;
        _ = await _host.Runner.FailAtEachStepAsync<ApiException>(failsAfter, operation, (step, error) =>
        {
            Assert.Contains("as told", error.Message, StringComparison.Ordinal);
            string now = _host.Sandbox.State;
            Assert.True(Essence(before) == Essence(now), $"After a failure at step {step} all is not as it was:\n{before}\n{now}\n{error.Message}");
            return Task.CompletedTask;
        });

        Assert.False(_host.Runner.HasFailed);
    }

    // An empty table of rules is no leftover of a port.
    private static string Essence(string state) => string.Join('\n', state.Split('\n').Where(line => !line.Contains("table bridge", StringComparison.Ordinal)
        && !line.Contains("chain from_", StringComparison.Ordinal) && !line.Contains("chain to_host", StringComparison.Ordinal) && !line.Contains("set hidden", StringComparison.Ordinal)
        && !line.Contains("map ports", StringComparison.Ordinal) && !line.Contains("type ", StringComparison.Ordinal) && !line.Contains("name @hidden", StringComparison.Ordinal)
        && !line.Contains("vmap @ports", StringComparison.Ordinal) && line.Trim() is not ("}" or "")));
}
