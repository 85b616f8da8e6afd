using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Tests.Packets;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("00155D0A0B0C")]
    [InlineData("00:15:5d:0a:0b:0c")]
    [InlineData("00-15-5D-0A-0B-0C")]
    public void TryParse_AnyWayOfWriting_GivesTheSame(string text)
    {
        Assert.True(MacAddress.TryParse(text, out MacAddress address));
        Assert.Equal("00:15:5d:0a:0b:0c", address.ToString());
        byte[] bytes = new byte[6];
        address.CopyTo(bytes);
        Assert.Equal([0x00, 0x15, 0x5D, 0x0A, 0x0B, 0x0C], bytes);
        Assert.Equal(address, MacAddress.Read(bytes));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00155D0A0B")]
    [InlineData("00155D0A0B0C0D")]
    [InlineData("00:15:5d:0a:0b-0c")]
    [InlineData("00.15.5d.0a.0b.0c")]
    [InlineData("0:15:5d:0a:0b:0c")]
    [InlineData("00155D0A0B0G")]
    [InlineData("+0155D0A0B0C")]
    [InlineData("0:0155D:0A0B:0C")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(MacAddress.TryParse(text, out _));

    [Theory]
    [InlineData("000000000000", false)]
    [InlineData("ffffffffffff", false)]
    [InlineData("01005e000001", false)]
    [InlineData("020000000001", true)]
    public void IsUnicast_Addresses_TellsWhoCanHaveIt(string text, bool unicast) => Assert.Equal(unicast, TestPacket.Mac(text).IsUnicast);
}
