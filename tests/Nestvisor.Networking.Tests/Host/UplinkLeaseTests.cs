using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>The lease of an interface goes on with a bridge and comes back, with Debian's DHCP clients that are a process for an interface.</summary>
public sealed class UplinkLeaseTests
{
    private const string Bridge = "nvs00000001";

    public static TheoryData<string> Clients => ["dhclient", "udhcpc"];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Bind_LeasedUplink_GoesOnWithTheBridgeAndFreeGivesItBack(string client)
    {
        using LeasedHost leased = new(client);
        string clients = leased.Clients;
        string before = leased.Host.State;
        Assert.Contains("up0", clients, StringComparison.Ordinal);
        AddBridge(leased);

        UplinkState uplink = await leased.Kernel.Uplinks.CheckAsync("up0", moves: true);
        await leased.Kernel.Uplinks.BindAsync(uplink, Bridge, moves: true);

        Assert.Equal(client, uplink.Management?.Program);
        Assert.Contains($"inet {LeasedHost.Address}/24", leased.Host.Run($"ip address show dev {Bridge}"), StringComparison.Ordinal);
        Assert.DoesNotContain("inet ", leased.Host.Run("ip address show dev up0"), StringComparison.Ordinal);
        Assert.Contains($"default via 198.51.100.1 dev {Bridge}", leased.Host.Run("ip route"), StringComparison.Ordinal);
        Assert.Contains(Bridge, leased.Clients, StringComparison.Ordinal);
        Assert.DoesNotContain(" up0 ", leased.Clients, StringComparison.Ordinal);
        Assert.True(Traffic.Pings(leased.Host, "203.0.113.1"));

        await leased.Kernel.Uplinks.FreeAsync(uplink, Bridge);
        _ = leased.Host.Run($"ip link delete {Bridge}");

        leased.WaitForLease("up0");
        Assert.Equal(before, leased.Host.State);
        Assert.Equal(clients, leased.Clients);
        Assert.True(Traffic.Pings(leased.Host, "203.0.113.1"));
        Assert.DoesNotContain("DHCPRELEASE", leased.ServerLog, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Bind_ServerThatGivesAnotherAddress_LeavesTheFormerNowhere(string client)
    {
        using LeasedHost leased = new(client);
        AddBridge(leased);
        UplinkState uplink = await leased.Kernel.Uplinks.CheckAsync("up0", moves: true);
        _ = leased.StopServer();
        _ = leased.StartServer("198.51.100.88");

        await leased.Kernel.Uplinks.BindAsync(uplink, Bridge, moves: true);

        string addresses = leased.Host.Run("ip address");
        Assert.Contains($"inet 198.51.100.88/24", addresses, StringComparison.Ordinal);
        Assert.DoesNotContain(LeasedHost.Address, addresses, StringComparison.Ordinal);
        Assert.True(Traffic.Pings(leased.Host, "203.0.113.1"));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Bind_WithoutHostPort_EndsTheClientAndFreeStartsIt(string client)
    {
        using LeasedHost leased = new(client);
        string clients = leased.Clients;
        string before = leased.Host.State;
        AddBridge(leased);
        UplinkState uplink = await leased.Kernel.Uplinks.CheckAsync("up0", moves: false);

        await leased.Kernel.Uplinks.BindAsync(uplink, Bridge, moves: false);

        Assert.Empty(leased.Clients);
        Assert.DoesNotContain(LeasedHost.Address, leased.Host.Run("ip address"), StringComparison.Ordinal);
        await leased.Kernel.Uplinks.FreeAsync(uplink, Bridge);
        _ = leased.Host.Run($"ip link delete {Bridge}");
        leased.WaitForLease("up0");
        Assert.Equal(before, leased.Host.State);
        Assert.Equal(clients, leased.Clients);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Bind_ServerThatIsGone_LeavesTheHostAsItWas(string client)
    {
        using LeasedHost leased = new(client);
        AddBridge(leased);
        string clients = leased.Clients;
        string before = leased.Host.State;
        UplinkState uplink = await leased.Kernel.Uplinks.CheckAsync("up0", moves: true);
        _ = leased.StopServer();

        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() => leased.Kernel.Uplinks.BindAsync(uplink, Bridge, moves: true));

        Assert.Equal(HostNetworkProblem.Failed, error.Problem);
        Assert.Contains("'up0'", error.Message, StringComparison.Ordinal);
        Assert.Contains("DHCP", error.Message, StringComparison.Ordinal);
        _ = leased.Host.Run($"ip link set {Bridge} down");
        Assert.Equal(before, leased.Host.State);
        Assert.Equal(clients, leased.Clients);
        Assert.True(Traffic.Pings(leased.Host, "203.0.113.1"));
    }

    [Fact]
    public async Task Check_ClientOfAllInterfaces_IsRefusedByName()
    {
        using LeasedHost leased = new("dhclient", interfaces: "");

        HostNetworkException error = await Assert.ThrowsAsync<HostNetworkException>(() => leased.Kernel.Uplinks.CheckAsync("up0", moves: true));

        Assert.Equal(HostNetworkProblem.Refused, error.Problem);
        Assert.Contains("dhclient (process ", error.Message, StringComparison.Ordinal);
        Assert.Contains("for all interfaces", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dhclient", false)]
    [InlineData("dhclient", true)]
    [InlineData("udhcpc", false)]
    [InlineData("udhcpc", true)]
    public async Task Bind_FailureAtEachStep_LeavesTheHostAsItWas(string client, bool failsAfter)
    {
        using LeasedHost leased = new(client);
        AddBridge(leased);
        string clients = leased.Clients;
        string before = leased.Host.State;
        UplinkState uplink = await leased.Kernel.Uplinks.CheckAsync("up0", moves: true);
        int steps = await leased.Runner.FailAtEachStepAsync<HostNetworkException>(
            failsAfter,
            () => leased.Kernel.Uplinks.BindAsync(uplink, Bridge, moves: true),
            (step, error) =>
            {
                _ = leased.Host.Run($"ip link set {Bridge} down");
                leased.WaitForLease("up0");
                Assert.True(before == leased.Host.State, $"After a failure at step {step} the host is not as it was:\n{before}\n{leased.Host.State}\n{error.Message}");
                Assert.Equal(clients, leased.Clients);
                Assert.True(Traffic.Pings(leased.Host, "203.0.113.1"), $"After a failure at step {step} the host is cut off.");
                return Task.CompletedTask;
            });

        Assert.False(leased.Runner.HasFailed);
        Assert.InRange(steps, 8, 40);
    }

    private static void AddBridge(LeasedHost leased) =>
        _ = leased.Host.Run($"ip link add name {Bridge} address $(ip link show dev up0 | awk '/ether/ {{ print $2 }}') type bridge");
}
