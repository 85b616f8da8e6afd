using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>An interface of the host changes places with a bridge; the host's peer is another namespace at the end of a cable.</summary>
public sealed class UplinkTests : IDisposable
{
    private const string Bridge = "nvs00000001";
    private readonly NetworkSandbox _host = new();
    private readonly NetworkSandbox _outside = new();
    private readonly FailingRunner _runner;
    private readonly HostKernel _kernel;

    public UplinkTests()
    {
        _runner = new FailingRunner(_host.Runner);
        _kernel = new HostKernel(new NetworkHost(_runner, "00000000"), "/nonexistent");
        _host.Connect("up0", _outside, "peer0");
        _ = _outside.Run("ip address add 198.51.100.1/24 dev peer0; ip address add 2001:db8::1/64 dev peer0 nodad; ip address add 203.0.113.1/32 dev lo");
        _ = _host.Run(
            "ip address add 198.51.100.2/24 broadcast 198.51.100.255 dev up0; ip address add 198.51.100.3/24 dev up0; ip address add 2001:db8::2/64 dev up0 nodad; "
            + "ip route add default via 198.51.100.1 metric 50; ip route add 192.0.2.0/24 via 198.51.100.1 src 198.51.100.3 proto static; "
            + "ip -6 route add default via 2001:db8::1; ip link add nvs00000001 type bridge");
    }

    public void Dispose()
    {
        _host.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task Bind_WithHostPort_MovesAddressesAndRoutesAndTheHostReachesOut()
    {
        UplinkState uplink = await _kernel.Uplinks.CheckAsync("up0", moves: true);
        await _kernel.Uplinks.BindAsync(uplink, Bridge, moves: true);

        Assert.Empty(_host.Run("ip -o address show dev up0"));
        Assert.Contains("default via 198.51.100.1 dev nvs00000001 metric 50", _host.Run("ip route"), StringComparison.Ordinal);
        Assert.Contains("192.0.2.0/24 via 198.51.100.1 dev nvs00000001 proto static src 198.51.100.3", _host.Run("ip route"), StringComparison.Ordinal);
        Assert.DoesNotContain("up0", _host.Run("ip route; ip -6 route"), StringComparison.Ordinal);
        Assert.Contains("default via 2001:db8::1 dev nvs00000001", _host.Run("ip -6 route"), StringComparison.Ordinal);
        Assert.True(Traffic.Pings(_host, "203.0.113.1"));
        Assert.True(Traffic.Pings(_host, "2001:db8::1"));
    }

    [Fact]
    public async Task Free_AfterBind_LeavesAllAsItWas()
    {
        string before = _host.State;
        UplinkState uplink = await _kernel.Uplinks.CheckAsync("up0", moves: true);
        await _kernel.Uplinks.BindAsync(uplink, Bridge, moves: true);

        await _kernel.Uplinks.FreeAsync(uplink, Bridge);

        _ = _host.Run("ip link set nvs00000001 down");
        Assert.Equal(before, _host.State);
        Assert.True(Traffic.Pings(_host, "203.0.113.1"));
        Assert.True(Traffic.Pings(_host, "2001:db8::1"));
    }

    [Fact]
    public async Task Bind_WithoutHostPort_TakesTheHostOffAndFreeGivesItBack()
    {
        string before = _host.State;
        UplinkState uplink = await _kernel.Uplinks.CheckAsync("up0", moves: false);

        await _kernel.Uplinks.BindAsync(uplink, Bridge, moves: false);
        Assert.Empty(_host.Run("ip route"));
        Assert.False(Traffic.Pings(_host, "198.51.100.1"));
        await _kernel.Uplinks.FreeAsync(uplink, Bridge);

        _ = _host.Run("ip link set nvs00000001 down");
        Assert.Equal(before, _host.State);
        Assert.True(Traffic.Pings(_host, "203.0.113.1"));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Bind_FailureAtEachStep_LeavesTheHostAsItWas(bool moves, bool failsAfter)
    {
        string before = _host.State;
        UplinkState uplink = await _kernel.Uplinks.CheckAsync("up0", moves);
        int steps = await _runner.FailAtEachStepAsync<HostNetworkException>(
            failsAfter,
            () => _kernel.Uplinks.BindAsync(uplink, Bridge, moves),
            (step, error) =>
            {
                Assert.Contains("as told", error.Message, StringComparison.Ordinal);
                _ = _host.Run("ip link set nvs00000001 down");
                Assert.True(before == _host.State, $"After a failure at step {step} the host is not as it was:\n{before}\n{_host.State}\n{error.Message}");
                Assert.True(Traffic.Pings(_host, "203.0.113.1"), $"After a failure at step {step} the host is cut off.");
                return Task.CompletedTask;
            });

        Assert.False(_runner.HasFailed);
        Assert.InRange(steps, moves ? 12 : 8, 40);
    }

    [Theory]
    [InlineData("ip link add b0 type bridge; ip link set up0 master b0", "up0", "port of 'b0'")]
    [InlineData("ip link add b0 type bridge", "b0", "is a bridge")]
    [InlineData("true", "lo", "not an Ethernet interface")]
    [InlineData("true", "nix", "no such network interface")]
    [InlineData("ip address add 198.51.100.9/24 dev up0 valid_lft 3600 preferred_lft 3600", "up0", "DHCP")]
    public async Task Check_InterfaceThatCannotBeBound_SaysWhy(string prepare, string name, string reason)
    {
        _ = _host.Run(prepare);

        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() => _kernel.Uplinks.CheckAsync(name, moves: true));

        Assert.Equal(HostNetworkProblem.Refused, error.Problem);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_WirelessInterface_IsRefused()
    {
        // The kernel here need not have a wireless driver: only the question after it is answered otherwise.
        HostKernel kernel = new(new NetworkHost(new WirelessRunner(_host.Runner), "00000000"), "/nonexistent");

        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() => kernel.Uplinks.CheckAsync("up0", moves: true));

        Assert.Contains("wireless", error.Message, StringComparison.Ordinal);
    }

    private sealed class WirelessRunner(ICommandRunner inner) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation) =>
            program == "ls" && arguments[^1].EndsWith("/up0/phy80211", StringComparison.Ordinal)
                ? Task.FromResult(new CommandResult(0, arguments[^1], ""))
                : inner.RunAsync(program, arguments, input, cancellation);
    }
}
