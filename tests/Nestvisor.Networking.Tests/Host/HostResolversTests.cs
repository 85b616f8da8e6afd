using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

public sealed class HostResolversTests
{
    private static readonly string[] Stub = ["# a comment", "nameserver 127.0.0.53", "options edns0 trust-ad", "search example.org"];

    [Fact]
    public void BeyondLoopback_OnlyTheHostItself_GivesWhatResolvedAsks() => Assert.Equal(
        ["192.0.2.1", "2001:db8::1"],
        HostResolvers.BeyondLoopback(Stub, ["nameserver 192.0.2.1", "nameserver\t2001:db8::1", "nameserver fe80::1%2", "nameserver ::1", "nameserver none", "nameserver"]));

    [Fact]
    public void BeyondLoopback_ServersOfOthersToo_GivesNothing() =>
        Assert.Empty(HostResolvers.BeyondLoopback([.. Stub, "nameserver 192.0.2.9"], ["nameserver 192.0.2.1"]));

    [Fact]
    public void BeyondLoopback_NothingKnown_GivesNothing() => Assert.Empty(HostResolvers.BeyondLoopback(Stub, []));
}
