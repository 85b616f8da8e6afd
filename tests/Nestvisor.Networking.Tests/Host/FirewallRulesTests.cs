using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <summary>Two guests on a bridge, a network outside, and a firewall that drops what is forwarded.</summary>
public sealed class FirewallRulesTests : IDisposable
{
    private static readonly IPv4Prefix Prefix = new(System.Net.IPAddress.Parse("192.168.100.0"), 24);
    private readonly NetworkSandbox _host = new();
    private readonly NetworkSandbox _outside = new();
    private readonly NetworkSandbox _guest = new();
    private readonly NetworkSandbox _other = new();
    private readonly HostKernel _kernel;

    public FirewallRulesTests()
    {
        _kernel = new HostKernel(new NetworkHost(_host.Runner, "00000000"), "/nonexistent");
        _host.Connect("up0", _outside, "eth0");
        _host.Connect("g1", _guest, "eth0");
        _host.Connect("g2", _other, "eth0");
        _ = _host.Run(
            "ip link add nvs00000001 type bridge forward_delay 0; ip link set g1 master nvs00000001; ip link set g2 master nvs00000001; ip link set nvs00000001 up; "
            + "ip address add 192.168.100.1/24 dev nvs00000001; ip address add 198.51.100.2/24 dev up0; echo 1 > /proc/sys/net/ipv4/ip_forward");
        _ = _outside.Run("ip address add 198.51.100.1/24 dev eth0");
        _ = _guest.Run("ip address add 192.168.100.2/24 dev eth0; ip route add default via 192.168.100.1");
        _ = _other.Run("ip address add 192.168.100.3/24 dev eth0");
    }

    public void Dispose()
    {
        foreach (NetworkSandbox sandbox in (NetworkSandbox[])[_host, _outside, _guest, _other])
        {
            sandbox.Dispose();
        }
    }

    [Theory]
    [InlineData("add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0 ; policy drop ; }; add rule ip filter FORWARD ct state established counter accept")]
    [InlineData("add table inet f; add chain inet f forward { type filter hook forward priority 0 ; }; add rule inet f forward counter reject")]
    [InlineData("add table inet f; add chain inet f forward { type filter hook forward priority -5 ; policy drop ; }; add table ip g; add chain ip g last { type filter hook forward priority 5 ; policy drop ; }")]
    public async Task Set_FirewallThatDrops_LetsGuestsThroughUntilTheyAreGone(string firewall)
    {
        await _kernel.Translation.SetAsync([new TranslatedNetwork(Guid.NewGuid(), Prefix, [])]);
        Assert.True(Traffic.Pings(_guest, "198.51.100.1"));
        _ = _host.Run($"nft '{firewall}'; echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables || true");
        string before = _host.Run("nft list ruleset | grep -v counter");
        Assert.False(Traffic.Pings(_guest, "198.51.100.1", tries: 1));

        Assert.Empty(await _kernel.Firewall.SetAsync(["nvs00000001"], [Prefix]));
        string rules = _host.Run("nft list ruleset | grep -v counter");
        Assert.Empty(await _kernel.Firewall.SetAsync(["nvs00000001"], [Prefix]));
        Assert.Equal(rules, _host.Run("nft list ruleset | grep -v counter"));
        Assert.True(Traffic.Pings(_guest, "198.51.100.1"));
        Assert.True(Traffic.Pings(_guest, "192.168.100.3"));

        Assert.Empty(await _kernel.Firewall.SetAsync([], []));
        Assert.Equal(before, _host.Run("nft list ruleset | grep -v counter"));
        Assert.False(Traffic.Pings(_guest, "198.51.100.1", tries: 1));
    }

    [Fact]
    public async Task Set_FirewallThatCannotBeChanged_SaysWhyAndWhatToRun()
    {
        _ = _host.Run("nft 'add table inet f; add chain inet f forward { type filter hook forward priority 0 ; policy drop ; }'");
        HostKernel kernel = new(new NetworkHost(new RefusingRunner(_host.Runner), "00000000"), "/nonexistent");

        string warning = Assert.Single(await kernel.Firewall.SetAsync(["nvs00000001"], [Prefix]));

        Assert.Contains("'forward' in the table 'inet f'", warning, StringComparison.Ordinal);
        foreach (string line in warning.Split('\n').Where(line => line.StartsWith("nft ", StringComparison.Ordinal)))
        {
            _ = _host.Run(line);
        }

        await _kernel.Translation.SetAsync([new TranslatedNetwork(Guid.NewGuid(), Prefix, [])]);
        Assert.True(Traffic.Pings(_guest, "198.51.100.1"));
        Assert.True(Traffic.Pings(_guest, "192.168.100.3"));
    }

    [Fact]
    public async Task Set_FirewallsThatAccept_AreLeftAlone()
    {
        _ = _host.Run("nft 'add table inet f; add chain inet f forward { type filter hook forward priority 0 ; }; add rule inet f forward ip daddr 10.0.0.0/8 drop'");
        string before = _host.Run("nft list ruleset");

        Assert.Empty(await _kernel.Firewall.SetAsync(["nvs00000001"], [Prefix]));

        Assert.Equal(before, _host.Run("nft list ruleset"));
    }

    // As a table that another process owns answers.
    private sealed class RefusingRunner(ICommandRunner inner) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation) =>
            program == "nft" && arguments[0] == "-f"
                ? Task.FromResult(new CommandResult(1, "", "Error: Could not process rule: Operation not permitted"))
                : inner.RunAsync(program, arguments, input, cancellation);
    }
}
