using System.Net;
using System.Net.Sockets;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;
using Nestvisor.Networking.Tests.Host;

namespace Nestvisor.Management.Tests.Networks;

/// <summary>Guests behind a NAT, a server outside.</summary>
public sealed class NatTests : IDisposable
{
    private const string HostAddress = "198.51.100.2";
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Nat_Guest_ReachesOutByTcpUdpAndIcmpWithTheHostsAddress()
    {
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        using Socket tcp = Traffic.Serve(_host.Outside, 7);
        using Socket udp = Traffic.ServeDatagrams(_host.Outside, 7);

        Assert.True(nat.Active);
        Assert.Equal(HostAddress, Traffic.Connect(guest, TestHost.Server, 7));
        Assert.Equal(HostAddress, Traffic.Ask(guest, "198.51.100.1", 7));
        Assert.True(Traffic.Pings(guest, TestHost.Server));
    }

    [Fact]
    public async Task Nat_FromOutside_ReachesNobodyWithoutAMapping()
    {
        (SwitchInfo made, _) = await _host.CreateNatAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        _ = _host.Outside.Run($"ip route add 192.168.100.0/24 via {HostAddress}");
        using Socket server = Traffic.Serve(guest, 80);

        Assert.Null(Traffic.Connect(_host.Outside, "192.168.100.2", 80));
        Assert.Null(Traffic.Connect(_host.Outside, HostAddress, 80));
        Assert.Equal("192.168.100.1", Traffic.Connect(_host.Sandbox, "192.168.100.2", 80));
    }

    [Fact]
    public async Task Mapping_FromOutside_ReachesTheGuestUntilItIsRemoved()
    {
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        NetworkSandbox other = _host.AddGuest(made.Bridge, "192.168.100.3/24", "192.168.100.1");
        using Socket tcp = Traffic.Serve(guest, 80);
        using Socket udp = Traffic.ServeDatagrams(guest, 53);

        NatStaticMapping web = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 8080, 80), TestHost.Cancellation);
        NatStaticMapping names = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Udp, 53, 53) with { ExternalIPAddress = "198.51.100.2/32" }, TestHost.Cancellation);

        Assert.Equal((1u, 2u), (web.Id, names.Id));
        Assert.Equal("198.51.100.1", Traffic.Connect(_host.Outside, HostAddress, 8080));
        Assert.Equal("198.51.100.1", Traffic.Ask(_host.Outside, HostAddress, 53));
        Assert.Equal("192.168.100.1", Traffic.Connect(other, HostAddress, 8080));

        await _host.Network.RemoveMappingAsync(nat.Id, web.Id, TestHost.Cancellation);
        Assert.Null(Traffic.Connect(_host.Outside, HostAddress, 8080));
        Assert.Equal([names], Assert.Single(await _host.Network.DescribeNatsAsync(TestHost.Cancellation)).StaticMappings);
        Assert.Equal(3u, (await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 81, 80), TestHost.Cancellation)).Id);
    }

    [Fact]
    public async Task Mapping_ForSome_IsNotForOthers()
    {
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        using Socket tcp = Traffic.Serve(guest, 80);

        _ = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 8080, 80) with { RemoteExternalIPAddressPrefix = "198.51.100.0/30" }, TestHost.Cancellation);
        Assert.Equal("198.51.100.1", Traffic.Connect(_host.Outside, HostAddress, 8080));
        _ = _host.Outside.Run("ip address add 198.51.100.99/24 dev peer0; ip address delete 198.51.100.1/24 dev peer0; ip address replace 198.51.100.99/24 dev peer0");
        Assert.Null(Traffic.Connect(_host.Outside, HostAddress, 8080));
    }

    [Fact]
    public async Task Nat_FirewallThatDropsForwarded_LetsGuestsThrough()
    {
        _ = _host.Sandbox.Run(
            "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0 ; policy drop ; }'; echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables || true");
        string before = _host.Sandbox.State;
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        NetworkSandbox guest = _host.AddGuest(made.Bridge, "192.168.100.2/24", "192.168.100.1");
        NetworkSandbox other = _host.AddGuest(made.Bridge, "192.168.100.3/24", "192.168.100.1");
        using Socket server = Traffic.Serve(guest, 80);
        _ = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 8080, 80), TestHost.Cancellation);

        Assert.True(Traffic.Pings(guest, TestHost.Server));
        Assert.True(Traffic.Pings(guest, "192.168.100.3"));
        Assert.Equal("198.51.100.1", Traffic.Connect(_host.Outside, HostAddress, 8080));

        await RemoveAllAsync(made, nat);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Fact]
    public async Task Remove_NatAndSwitch_LeaveNothing()
    {
        string before = _host.Sandbox.State;
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();
        Assert.Equal("1", _host.Sandbox.Run("cat /proc/sys/net/ipv4/ip_forward").Trim());
        _ = await _host.Network.ChangeNatAsync(
            nat.Id, new ChangeNatRequest { Timeouts = new NatTimeouts { TcpEstablished = 1800, TcpTransient = 120, UdpIdle = 120 } }, TestHost.Cancellation);
        Assert.Contains("established : 1800", _host.Sandbox.Run("nft list ruleset"), StringComparison.Ordinal);

        await RemoveAllAsync(made, nat);

        Assert.Equal(before, _host.Sandbox.State);
        Assert.Empty(await _host.Network.DescribeNatsAsync(TestHost.Cancellation));
    }

    [Fact]
    public async Task Remove_HostThatForwardedBefore_GoesOnForwarding()
    {
        _ = _host.Sandbox.Run("echo 1 > /proc/sys/net/ipv4/ip_forward");
        string before = _host.Sandbox.State;
        (SwitchInfo made, NatInfo nat) = await _host.CreateNatAsync();

        await RemoveAllAsync(made, nat);

        Assert.Equal(before, _host.Sandbox.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_NatFailureAtEachStep_LeavesHostAndSettingsAsTheyWere(bool failsAfter)
    {
        string before = _host.Sandbox.State;
        int steps = await _host.Runner.FailAtEachStepAsync<ApiException>(
            failsAfter,
            () => _host.Network.CreateNatAsync(new CreateNatRequest { Name = "LocalNAT", InternalPrefix = "192.168.100.0/24" }, TestHost.Cancellation),
            async (step, error) =>
            {
                Assert.True(before == _host.Sandbox.State, $"After a failure at step {step} the host is not as it was:\n{before}\n{_host.Sandbox.State}\n{error.Message}");
                Assert.Empty(await _host.Network.DescribeNatsAsync(TestHost.Cancellation));
                Assert.True(
                    !File.Exists(_host.SettingsFile) || !(await File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation)).Contains("\"switchedForwardingOn\": true", StringComparison.Ordinal),
                    $"After a failure at step {step} the service believes that it has switched forwarding on.");
            });

        Assert.InRange(steps, 3, 60);
    }

    [Theory]
    [InlineData("Other", "198.51.100.0/25", "up0")]
    [InlineData("Other", "192.168.100.128/25", "LocalNAT")]
    [InlineData("localnat", "10.0.0.0/24", "'localnat'")]
    [InlineData("Other", "10.0.0.1", "10.0.0.1")]
    [InlineData("Other", "fd00::/64", "fd00::/64")]
    [InlineData("", "10.0.0.0/24", "name")]
    public async Task Create_NatThatCannotBe_SaysWhyAndChangesNothing(string name, string prefix, string named)
    {
        _ = await _host.CreateNatAsync();
        string before = _host.Sandbox.State;

        ApiException error = await Assert.ThrowsAsync<ApiException>(() =>
            _host.Network.CreateNatAsync(new CreateNatRequest { Name = name, InternalPrefix = prefix }, TestHost.Cancellation));

        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Theory]
    [InlineData("10.0.0.1", 80, 80, "0.0.0.0", "0.0.0.0/0")]
    [InlineData("192.168.100.2", 0, 80, "0.0.0.0", "0.0.0.0/0")]
    [InlineData("192.168.100.2", 80, 65536, "0.0.0.0", "0.0.0.0/0")]
    [InlineData("192.168.100.2", 80, 80, "nix", "0.0.0.0/0")]
    [InlineData("192.168.100.2", 80, 80, "0.0.0.0", "nix")]
    [InlineData("192.168.100.2", 1, 80, "198.51.100.2", "0.0.0.0/0", ApiErrorCode.ObjectInUse)]
    public async Task Mapping_ThatCannotBe_ChangesNothing(string inside, int external, int port, string address, string remote, string code = ApiErrorCode.InvalidParameter)
    {
        (_, NatInfo nat) = await _host.CreateNatAsync();
        _ = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 1, 80), TestHost.Cancellation);
        string before = _host.Sandbox.State;

        ApiException error = await Assert.ThrowsAsync<ApiException>(() => _host.Network.AddMappingAsync(
            nat.Id,
            new NatStaticMapping
            {
                Protocol = NatProtocol.Tcp,
                ExternalIPAddress = address,
                ExternalPort = external,
                InternalIPAddress = inside,
                InternalPort = port,
                RemoteExternalIPAddressPrefix = remote,
            },
            TestHost.Cancellation));

        Assert.Equal(code, error.Error.Code);
        Assert.Equal(before, _host.Sandbox.State);
    }

    [Theory]
    [InlineData("0.0.0.0", false, NatProtocol.Tcp, "0.0.0.0")]
    [InlineData("0.0.0.0", false, NatProtocol.Tcp, "198.51.100.2")]
    [InlineData("198.51.100.2", false, NatProtocol.Tcp, "0.0.0.0")]
    [InlineData("198.51.100.2", false, NatProtocol.Tcp, "198.51.100.2")]
    [InlineData("::", true, NatProtocol.Tcp, "0.0.0.0")]
    [InlineData("::ffff:198.51.100.2", true, NatProtocol.Tcp, "198.51.100.2")]
    [InlineData("0.0.0.0", false, NatProtocol.Udp, "0.0.0.0")]
    [InlineData("::", true, NatProtocol.Udp, "198.51.100.2")]
    public async Task Mapping_PortThatAProgramListensOn_SaysWhichAndChangesNothing(string bound, bool dual, NatProtocol protocol, string external)
    {
        (_, NatInfo nat) = await _host.CreateNatAsync();
        using Socket listener = Listen(bound, dual, protocol);
        string before = _host.Sandbox.State;
        string settings = await File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation);

        ApiException error = await Assert.ThrowsAsync<ApiException>(() =>
            _host.Network.AddMappingAsync(nat.Id, Mapping(protocol, 8080, 80) with { ExternalIPAddress = external }, TestHost.Cancellation));

        Assert.Equal((ApiErrorCode.ObjectInUse, ApiErrorCategory.ResourceBusy), (error.Error.Code, error.Error.Category));
        Assert.Contains($"(process {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
        Assert.Contains("8080", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, _host.Sandbox.State);
        Assert.Equal(settings, await File.ReadAllTextAsync(_host.SettingsFile, TestHost.Cancellation));

        listener.Dispose();
        _ = await _host.Network.AddMappingAsync(nat.Id, Mapping(protocol, 8080, 80) with { ExternalIPAddress = external }, TestHost.Cancellation);
    }

    [Theory]
    [InlineData("127.0.0.1", false, NatProtocol.Tcp, "0.0.0.0")]
    [InlineData("::", false, NatProtocol.Tcp, "0.0.0.0")]
    [InlineData("192.168.100.1", false, NatProtocol.Tcp, "198.51.100.2")]
    [InlineData("0.0.0.0", false, NatProtocol.Udp, "0.0.0.0")]
    public async Task Mapping_PortThatOnlyOthersUse_IsAdded(string bound, bool dual, NatProtocol protocol, string external)
    {
        (_, NatInfo nat) = await _host.CreateNatAsync();
        using Socket listener = Listen(bound, dual, protocol);

        NatStaticMapping added = await _host.Network.AddMappingAsync(nat.Id, Mapping(NatProtocol.Tcp, 8080, 80) with { ExternalIPAddress = external }, TestHost.Cancellation);

        Assert.Equal(1u, added.Id);
    }

    private Socket Listen(string address, bool dual, NatProtocol protocol) => _host.Sandbox.Inside(() =>
    {
        IPAddress bound = IPAddress.Parse(address);
        bool isUdp = protocol == NatProtocol.Udp;
        Socket socket = new(bound.AddressFamily, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
        if (bound.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = dual;
        }

        socket.Bind(new IPEndPoint(bound, 8080));
        if (!isUdp)
        {
            socket.Listen();
        }

        return socket;
    });

    private static NatStaticMapping Mapping(NatProtocol protocol, int external, int port) => new()
    {
        Protocol = protocol,
        ExternalIPAddress = "0.0.0.0",
        ExternalPort = external,
        InternalIPAddress = "192.168.100.2",
        InternalPort = port,
    };

    private async Task RemoveAllAsync(SwitchInfo made, NatInfo nat)
    {
        _host.RemoveGuests();
        await _host.Network.RemoveNatAsync(nat.Id, TestHost.Cancellation);
        await _host.Network.RemoveSwitchAsync(made.Id, TestHost.Cancellation);
    }
}
