using System.Diagnostics;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>Test-NetConnection of root's, on a host that is a network namespace.</summary>
public sealed class EchoTests : IDisposable
{
    private readonly UserShell _shell;

    public EchoTests()
    {
        Assert.SkipWhen(NetworkNamespace.Hindrance is not null, NetworkNamespace.Hindrance ?? "");
        _shell = new UserShell(["env"]);
    }

    public void Dispose() => _shell?.Dispose();

    [Fact]
    public void TestNetConnection_ANeighbourThatIsMissing_IsUnreachableAsThisHostSays()
    {
        // The kernel gives up after three questions.
        _ = _shell.Namespace.Run(
            "sh", "-c", "ip address add fd00:9::2/64 dev eth0 nodad; for version in 4 6; do echo 20 > /proc/sys/net/ipv$version/neigh/eth0/retrans_time_ms; done");

        Assert.Equal(
            [
                "Ping to 10.9.0.77 failed with status: DestinationHostUnreachable by 10.9.0.2",
                "Ping to fd00:9::77 failed with status: DestinationHostUnreachable by fd00:9::2",
                "Success by 10.9.0.2",
                "Success by fd00:9::2",
            ],
            Test("10.9.0.77", "fd00:9::77", "10.9.0.2", "fd00:9::2"));
    }

    [Fact]
    public void TestNetConnection_ARouterThatRefuses_SaysWhyAndTheWayIsTold()
    {
        using Process router = Process.Start("unshare", ["--net", "sleep", "infinity"]);
        try
        {
            string own = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)!.Name;
            Assert.True(SpinWait.SpinUntil(() => File.ResolveLinkTarget($"/proc/{router.Id}/ns/net", returnFinalTarget: false)!.Name != own, TimeSpan.FromSeconds(30)));
            _ = _shell.Namespace.Run("ip", "link", "set", "far0", "netns", $"{router.Id}");
            ProcessStartInfo setUp = new(
                "nsenter",
                [
                    "-t", $"{router.Id}", "-n", "--", "sh", "-ec",
                    """
                    echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 1 > /proc/sys/net/ipv4/ip_forward
                    for name in all far0; do echo 0 > /proc/sys/net/ipv4/conf/$name/send_redirects; done; echo 20 > /proc/sys/net/ipv4/neigh/far0/retrans_time_ms
                    ip link set lo up; ip link set far0 up; ip address add 10.9.0.1/24 dev far0; ip address add 10.32.0.1/32 dev lo
                    ip route add unreachable 10.30.0.0/16; ip route add prohibit 10.31.0.0/16; ip route add 10.33.0.0/16 via 10.9.0.50
                    """,
                ]);
            using (Process done = Process.Start(setUp)!)
            {
                done.WaitForExit();
                Assert.Equal(0, done.ExitCode);
            }

            Assert.Equal(
                [
                    "Ping to 10.30.0.1 failed with status: DestinationHostUnreachable by 10.9.0.1",
                    "Ping to 10.31.0.1 failed with status: DestinationUnreachable by 10.9.0.1",
                    "Ping to 10.40.0.1 failed with status: DestinationNetworkUnreachable by 10.9.0.1",
                    "Success by 10.32.0.1",
                ],
                Test("10.30.0.1", "10.31.0.1", "10.40.0.1", "10.32.0.1"));
            // What is passed on and not there is told by the last router once more.
            Assert.Equal(
                ["10.9.0.1 10.9.0.1", "10.9.0.1", "10.32.0.1"],
                _shell.Run("foreach ($a in '10.33.0.1', '10.30.0.1', '10.32.0.1') { \"$((Test-NetConnection $a -TraceRoute -Hops 2 3>$null).TraceRoute)\" }"));

            // The router has no hop left to pass it on.
            _ = _shell.Namespace.Run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_default_ttl");
            Assert.Equal(["Ping to 10.33.0.1 failed with status: TtlExpired by 10.9.0.1"], Test("10.33.0.1"));
        }
        finally
        {
            router.Kill();
            router.WaitForExit();
        }
    }

    private string[] Test(params string[] addresses) => _shell.Run(
        $$"""
        foreach ($address in '{{string.Join("', '", addresses)}}') {
            $r = Test-NetConnection $address -WarningVariable w 3>$null
            "$(if ($w) { $w } else { $r.PingReplyDetails.Status }) by $($r.PingReplyDetails.Address)"
        }
        """);
}
