using System.Net;
using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

public sealed class PrefixTests
{
    [Theory]
    [InlineData("192.168.100.7/24", "192.168.100.0/24", "192.168.100.255")]
    [InlineData("10.0.0.1", "10.0.0.1/32", "10.0.0.1")]
    [InlineData("1.2.3.4/0", "0.0.0.0/0", "255.255.255.255")]
    [InlineData("172.31.255.255/12", "172.16.0.0/12", "172.31.255.255")]
    public void TryParse_Prefix_IsNormal(string text, string normal, string last)
    {
        Assert.True(IPv4Prefix.TryParse(text, out IPv4Prefix prefix));
        Assert.Equal((normal, last), (prefix.ToString(), prefix.Last.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("default")]
    [InlineData("10.1/16")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/8/9")]
    [InlineData("fd00::/64")]
    [InlineData("010.0.0.0/8")]
    public void TryParse_Another_IsNone(string text) => Assert.False(IPv4Prefix.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/8", "10.200.0.0/16", true)]
    [InlineData("10.200.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/24", "10.0.1.0/24", false)]
    [InlineData("0.0.0.0/0", "10.0.1.0/24", true)]
    public void Overlaps_TwoPrefixes_AreCompared(string one, string other, bool overlap) =>
        Assert.Equal(overlap, Parse(one).Overlaps(Parse(other)));

    [Fact]
    public void Choose_NothingUsed_TakesTheFirst() => Assert.Equal("172.30.240.0/20", Choose(null));

    [Fact]
    public void Choose_PreferredIsFree_TakesIt() => Assert.Equal("192.168.7.0/24", Choose("192.168.7.0/24", "192.168.8.0/24", "0.0.0.0/0"));

    [Theory]
    [InlineData("172.30.247.9/32")]
    [InlineData("172.30.240.0/24")]
    [InlineData("172.30.0.0/16")]
    public void Choose_PreferredIsUsed_TakesAnotherThatIsFree(string used)
    {
        Assert.True(IPv4Prefix.TryParse(used, out IPv4Prefix taken));
        Assert.True(IPv4Prefix.TryParse(Choose("172.30.240.0/20", used)!, out IPv4Prefix chosen));
        Assert.False(chosen.Overlaps(taken));
    }

    [Fact]
    public void Choose_RangesUsed_GoesOnToTheNext()
    {
        Assert.Equal("192.168.240.0/20", Choose(null, "172.16.0.0/12"));
        Assert.Equal("10.255.240.0/20", Choose(null, "172.16.0.0/12", "192.168.0.0/16"));
        Assert.Null(Choose(null, "172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"));
    }

    [Fact]
    public void AddressAt_Number_IsCounted()
    {
        IPv4Prefix prefix = new(IPAddress.Parse("172.30.240.0"), 20);
        Assert.Equal("172.30.240.1", prefix.AddressAt(1).ToString());
        Assert.Equal("172.30.255.254", prefix.AddressAt(4094).ToString());
    }

    private static string? Choose(string? preferred, params string[] used) => PrefixChoice.Choose(
        preferred is null ? null : Parse(preferred), [.. used.Select(Parse)])?.ToString();

    private static IPv4Prefix Parse(string text) => IPv4Prefix.TryParse(text, out IPv4Prefix prefix) ? prefix : throw new FormatException(text);
}
