using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>What a raw socket has read, by RFC 792 and RFC 4443.</summary>
public sealed class EchoMessageTests
{
    private const uint Identifier = 0x1234_5678;
    private static readonly IPAddress s_router = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_target4 = IPAddress.Parse("198.51.100.7");
    private static readonly IPAddress s_target6 = IPAddress.Parse("2001:db8::7");

    [Fact]
    public void Request_OfIpv4_HasAChecksumThatMakesTheSumAllOnes()
    {
        byte[] request = new EchoMessage(s_target4, Identifier).ToBytes();

        int sum = 0;
        for (int i = 0; i < request.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(i));
        }

        Assert.Equal(0xFFFF, (sum & 0xFFFF) + (sum >> 16));
        Assert.Equal(8, request[0]);
        Assert.Equal(Identifier, BinaryPrimitives.ReadUInt32BigEndian(request.AsSpan(4)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_AnAnswer_IsSuccessWithItsBytes(bool isIpv4)
    {
        EchoMessage message = new(isIpv4 ? s_target4 : s_target6, Identifier);
        byte[] answer = message.ToBytes();
        answer[0] = isIpv4 ? (byte)0 : (byte)129;

        PingReplyDetails reply = Assert.IsType<PingReplyDetails>(message.Read(isIpv4 ? [.. Header4(s_target4, 61), .. answer] : answer, s_target4, 5));

        Assert.Equal((IPStatus.Success, 5L, isIpv4 ? 61 : null), (reply.Status, reply.RoundtripTime, reply.Options?.Ttl));
        Assert.Equal(answer[8..], reply.Buffer);
    }

    [Theory]
    [InlineData(3, 0, IPStatus.DestinationNetworkUnreachable)]
    [InlineData(3, 1, IPStatus.DestinationHostUnreachable)]
    [InlineData(3, 3, IPStatus.DestinationPortUnreachable)]
    [InlineData(3, 4, IPStatus.PacketTooBig)]
    [InlineData(3, 13, IPStatus.DestinationUnreachable)]
    [InlineData(11, 0, IPStatus.TtlExpired)]
    [InlineData(11, 1, IPStatus.TtlReassemblyTimeExceeded)]
    [InlineData(12, 0, IPStatus.ParameterProblem)]
    [InlineData(5, 1, null)]
    [InlineData(8, 0, null)]
    public void Read_AnErrorOfIpv4_IsWhatItsTypeAndCodeSay(byte type, byte code, IPStatus? status)
    {
        EchoMessage message = new(s_target4, Identifier);
        byte[] packet = [.. Header4(s_router, 64), type, code, 0, 0, 0, 0, 0, 0, .. Header4(s_target4, 1), .. message.ToBytes()];

        PingReplyDetails? reply = message.Read(packet, s_router, 1);

        Assert.Equal(status, reply?.Status);
        Assert.Equal(status is null ? null : s_router, reply?.Address);
    }

    [Theory]
    [InlineData(1, 0, IPStatus.DestinationNetworkUnreachable)]
    [InlineData(1, 1, IPStatus.DestinationUnreachable)]
    [InlineData(1, 3, IPStatus.DestinationHostUnreachable)]
    [InlineData(2, 0, IPStatus.PacketTooBig)]
    [InlineData(3, 0, IPStatus.TtlExpired)]
    [InlineData(4, 1, IPStatus.UnrecognizedNextHeader)]
    [InlineData(135, 0, null)]
    public void Read_AnErrorOfIpv6_IsWhatItsTypeAndCodeSay(byte type, byte code, IPStatus? status)
    {
        EchoMessage message = new(s_target6, Identifier);
        byte[] packet = [type, code, 0, 0, 0, 0, 0, 0, .. Header6(s_target6), .. message.ToBytes()];

        Assert.Equal(status, message.Read(packet, s_router, 1)?.Status);
    }

    // Each byte by which a packet is known, and each length that is too short.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_WhatIsAboutSomethingElseOrCut_IsNothing(bool isIpv4)
    {
        EchoMessage message = new(isIpv4 ? s_target4 : s_target6, Identifier);
        byte[] error = isIpv4
            ? [.. Header4(s_router, 64), 3, 1, 0, 0, 0, 0, 0, 0, .. Header4(s_target4, 1), .. message.ToBytes()[..8]]
            : [1, 3, 0, 0, 0, 0, 0, 0, .. Header6(s_target6), .. message.ToBytes()[..8]];
        Assert.Equal(IPStatus.DestinationHostUnreachable, message.Read(error, s_router, 1)?.Status);

        for (int length = 0; length < error.Length; length++)
        {
            Assert.Null(message.Read(error.AsSpan(0, length), s_router, 1));
        }

        int about = isIpv4 ? 28 : 8;
        int request = error.Length - 8;
        foreach (int at in (int[])[about + (isIpv4 ? 9 : 6), about + (isIpv4 ? 16 : 24), request - 1, request, request + 4, request + 7])
        {
            byte[] other = [.. error];
            other[at] ^= 0x40;
            Assert.Null(message.Read(other, s_router, 1));
        }
    }

    private static byte[] Header4(IPAddress target, byte timeToLive) =>
        [0x45, 0, 0, 0, 0, 0, 0, 0, timeToLive, 1, 0, 0, 192, 0, 2, 2, .. target.GetAddressBytes()];

    private static byte[] Header6(IPAddress target) =>
        [0x60, 0, 0, 0, 0, 0, 58, 64, .. IPAddress.IPv6Loopback.GetAddressBytes(), .. target.GetAddressBytes()];
}
