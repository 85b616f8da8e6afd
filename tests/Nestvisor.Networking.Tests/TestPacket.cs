using System.Buffers.Binary;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Tests;

/// <summary>Makes packets byte by byte.</summary>
internal static class TestPacket
{
    public const string Own = "00:15:5d:00:00:01";
    public const string Other = "02:00:00:00:00:02";
    public const string Broadcast = "ff:ff:ff:ff:ff:ff";

    public static MacAddress Mac(string text)
    {
        Assert.True(MacAddress.TryParse(text, out MacAddress address), text);
        return address;
    }

    /// <summary>A packet with an empty header.</summary>
    public static byte[] Make(string source, string destination, params ReadOnlySpan<byte> typeAndPayload)
    {
        byte[] packet = new byte[Math.Max(PacketHeader.Size + 60, PacketHeader.Size + 12 + typeAndPayload.Length)];
        Mac(destination).CopyTo(packet.AsSpan(PacketHeader.Size));
        Mac(source).CopyTo(packet.AsSpan(PacketHeader.Size + MacAddress.Length));
        typeAndPayload.CopyTo(packet.AsSpan(PacketHeader.Size + FrameView.TypeOffset));
        return packet;
    }

    /// <summary>Type and payload of an IPv4 packet.</summary>
    public static byte[] Internet4(byte protocol, ushort fragment, params ReadOnlySpan<byte> payload)
    {
        byte[] bytes = new byte[2 + 24 + payload.Length];
        bytes[0] = 0x08;
        bytes[2] = 0x46; // A header with one word of options.
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 + 6), fragment);
        bytes[2 + 9] = protocol;
        payload.CopyTo(bytes.AsSpan(26));
        return bytes;
    }

    /// <summary>Type and payload of an IPv6 packet; before the payload an extension header of 16 bytes.</summary>
    public static byte[] Internet6(byte protocol, ReadOnlySpan<byte> source, params ReadOnlySpan<byte> payload)
    {
        byte[] bytes = new byte[2 + 40 + 16 + payload.Length];
        bytes[0] = 0x86;
        bytes[1] = 0xDD;
        bytes[2] = 0x60;
        source.CopyTo(bytes.AsSpan(2 + 8));
        bytes[42] = protocol;
        bytes[43] = 1;
        payload.CopyTo(bytes.AsSpan(58));
        return bytes;
    }

    public static byte[] Arp(params ReadOnlySpan<byte> sender)
    {
        byte[] bytes = new byte[30];
        bytes[0] = 0x08;
        bytes[1] = 0x06;
        sender.CopyTo(bytes.AsSpan(2 + 14));
        return bytes;
    }
}
