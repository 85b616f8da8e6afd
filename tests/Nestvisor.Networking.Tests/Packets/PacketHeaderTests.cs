using System.Buffers.Binary;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Tests.Packets;

public sealed class PacketHeaderTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(13, false)]
    [InlineData(14, true)]
    [InlineData(NetworkFrame.MaxLength, true)]
    [InlineData(NetworkFrame.MaxLength + 1, false)]
    public void TryClean_PlainFrame_BoundsItsLength(int length, bool valid) =>
        Assert.Equal(valid, PacketHeader.TryClean(new byte[PacketHeader.Size + length], NetworkOffloads.All));

    [Fact]
    public void TryClean_PlainFrame_LosesAllOfItsHeader()
    {
        byte[] packet = Make(flags: 0xFE, segmentation: 0, headers: 54, segment: 1460, start: 34, offset: 16, length: 100);
        packet[10] = 9;
        Assert.True(PacketHeader.TryClean(packet, NetworkOffloads.All));
        Assert.Equal(new byte[PacketHeader.Size], packet[..PacketHeader.Size]);
    }

    [Theory]
    [InlineData(34, 16, true)]
    [InlineData(34, 64, true)]
    [InlineData(34, 65, false)]
    [InlineData(100, 0, false)]
    [InlineData(65535, 65535, false)]
    public void TryClean_Checksum_MustLieInTheFrame(int start, int offset, bool valid) =>
        Assert.Equal(valid, PacketHeader.TryClean(Make(1, 0, 0, 0, start, offset, 100), NetworkOffloads.All));

    [Theory]
    [InlineData(1, NetworkOffloads.Checksum | NetworkOffloads.SegmentationTcp4, true)]
    [InlineData(1, NetworkOffloads.Checksum | NetworkOffloads.SegmentationTcp6, false)]
    [InlineData(4, NetworkOffloads.Checksum | NetworkOffloads.SegmentationTcp6, true)]
    [InlineData(0x81, NetworkOffloads.Checksum | NetworkOffloads.SegmentationTcp4, false)]
    [InlineData(0x81, NetworkOffloads.All, true)]
    [InlineData(1, NetworkOffloads.SegmentationTcp4, false)]
    [InlineData(3, NetworkOffloads.All, false)]
    [InlineData(5, NetworkOffloads.All, false)]
    [InlineData(0x80, NetworkOffloads.All, false)]
    public void TryClean_Segmentation_MustHaveBeenNegotiated(byte segmentation, NetworkOffloads offloads, bool valid) =>
        Assert.Equal(valid, PacketHeader.TryClean(Make(1, segmentation, 54, 1460, 34, 16, 20_000), offloads));

    [Fact]
    public void TryClean_SegmentsOfNothingOrWithoutAChecksum_AreRefused()
    {
        Assert.False(PacketHeader.TryClean(Make(1, 1, 54, 0, 34, 16, 20_000), NetworkOffloads.All));
        Assert.False(PacketHeader.TryClean(Make(0, 1, 54, 1460, 34, 16, 2_000), NetworkOffloads.All));
    }

    [Fact]
    public void TryClean_HeadersLongerThanTheFrame_AreCut()
    {
        byte[] packet = Make(1, 1, 60_000, 1460, 34, 16, 2_000);
        Assert.True(PacketHeader.TryClean(packet, NetworkOffloads.All));
        Assert.Equal(2_000, BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(2)));
    }

    private static byte[] Make(byte flags, byte segmentation, int headers, int segment, int start, int offset, int length)
    {
        byte[] packet = new byte[PacketHeader.Size + length];
        packet[0] = flags;
        packet[1] = segmentation;
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(2), (ushort)headers);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(4), (ushort)segment);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(6), (ushort)start);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(8), (ushort)offset);
        return packet;
    }
}
