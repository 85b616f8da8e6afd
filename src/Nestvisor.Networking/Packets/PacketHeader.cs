using System.Buffers.Binary;

namespace Nestvisor.Networking.Packets;

/// <summary>
/// What stands before a frame between an adapter and its port: which check sum is still to be made, and how the frame is to be cut
/// into segments (struct virtio_net_hdr, virtio 1.2 §5.1.6, as the kernel's TAP devices have it too). Little-endian.
/// </summary>
public static class PacketHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 12;

    /// <summary>Longest packet: header and frame.</summary>
    public const int MaxPacketLength = Size + NetworkFrame.MaxUnsegmentedLength;

    /// <summary>
    /// Bytes of a long packet that are enough to judge it: header, addresses, tags, and the headers of the network and of the transport.
    /// </summary>
    public const int HeadLength = 512;

    /// <summary>Offset of the number of buffers that the packet fills.</summary>
    public const int BufferCountOffset = 10;

    private const int FlagsOffset = 0;
    private const int SegmentationOffset = 1;
    private const int HeaderLengthOffset = 2;
    private const int SegmentSizeOffset = 4;
    private const int ChecksumStartOffset = 6;
    private const int ChecksumOffsetOffset = 8;
    private const byte NeedsChecksum = 1;
    private const byte SegmentTcp4 = 1;
    private const byte SegmentTcp6 = 4;
    private const byte SegmentEcn = 0x80;

    /// <summary>Whether the frame is to be cut into segments.</summary>
    /// <param name="packet">Header and frame.</param>
    /// <returns>True if so.</returns>
    public static bool IsUnsegmented(ReadOnlySpan<byte> packet) => packet[SegmentationOffset] != 0;

    /// <summary>
    /// Checks a packet that a guest made, and takes out of its header what the guest has no say in.
    /// </summary>
    /// <param name="packet">Header and frame; a private copy.</param>
    /// <param name="offloads">What the guest may ask for.</param>
    /// <returns>False if the packet makes no sense and must be dropped.</returns>
    public static bool TryClean(Span<byte> packet, NetworkOffloads offloads) => TryClean(packet, packet.Length, offloads);

    /// <summary>Checks a packet that a guest made, of which perhaps only the beginning is there.</summary>
    /// <param name="packet">Header and frame, at least the first <see cref="HeadLength"/> bytes; a private copy.</param>
    /// <param name="packetLength">Bytes of the whole packet.</param>
    /// <param name="offloads">What the guest may ask for.</param>
    /// <returns>False if the packet makes no sense and must be dropped.</returns>
    public static bool TryClean(Span<byte> packet, int packetLength, NetworkOffloads offloads)
    {
        int length = packetLength - Size;
        if (length is < NetworkFrame.MinLength or > NetworkFrame.MaxUnsegmentedLength)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(packet[BufferCountOffset..], 0);
        bool needsChecksum = (packet[FlagsOffset] & NeedsChecksum) != 0;
        byte segmentation = packet[SegmentationOffset];
        packet[FlagsOffset] = needsChecksum ? NeedsChecksum : (byte)0;
        if (!needsChecksum)
        {
            // Segments without a check sum to adapt are not defined (§5.1.6.2.1).
            packet[..Size].Clear();
            return segmentation == 0 && length <= NetworkFrame.MaxLength;
        }

        int start = BinaryPrimitives.ReadUInt16LittleEndian(packet[ChecksumStartOffset..]);
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(packet[ChecksumOffsetOffset..]);
        if ((offloads & NetworkOffloads.Checksum) == 0 || start + offset + sizeof(ushort) > length)
        {
            return false;
        }

        if (segmentation == 0)
        {
            packet[HeaderLengthOffset..ChecksumStartOffset].Clear();
            return length <= NetworkFrame.MaxLength;
        }

        NetworkOffloads needed = (segmentation & ~SegmentEcn) switch
        {
            SegmentTcp4 => NetworkOffloads.SegmentationTcp4,
            SegmentTcp6 => NetworkOffloads.SegmentationTcp6,
            _ => NetworkOffloads.Unknown,
        };
        needed |= (segmentation & SegmentEcn) != 0 ? NetworkOffloads.SegmentationEcn : NetworkOffloads.None;

        // The length of the headers is a hint, and the kernel believes it.
        int headers = BinaryPrimitives.ReadUInt16LittleEndian(packet[HeaderLengthOffset..]);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[HeaderLengthOffset..], (ushort)Math.Min(headers, length));
        return (offloads & needed) == needed && BinaryPrimitives.ReadUInt16LittleEndian(packet[SegmentSizeOffset..]) != 0;
    }

    /// <summary>Adapts the header to bytes that were put in, or taken out, between the addresses of the frame and its type.</summary>
    /// <param name="packet">The header, or header and frame.</param>
    /// <param name="bytes">How many more bytes; negative for fewer.</param>
    public static void Shift(Span<byte> packet, int bytes)
    {
        if ((packet[FlagsOffset] & NeedsChecksum) == 0)
        {
            return;
        }

        Add(packet[ChecksumStartOffset..], bytes);
        if (BinaryPrimitives.ReadUInt16LittleEndian(packet[HeaderLengthOffset..]) != 0)
        {
            Add(packet[HeaderLengthOffset..], bytes);
        }
    }

    private static void Add(Span<byte> field, int bytes) =>
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(field) + bytes));
}
