using System.Buffers.Binary;

namespace Nestvisor.Networking.Packets;

/// <summary>Reads an Ethernet frame. What is beyond its end reads as zeros.</summary>
/// <param name="frame">The frame, at least <see cref="NetworkFrame.MinLength"/> bytes; a private copy.</param>
/// <param name="isCut">Whether it is only the beginning of a frame.</param>
public readonly ref struct FrameView(ReadOnlySpan<byte> frame, bool isCut = false)
{
    /// <summary>Bytes of a VLAN tag.</summary>
    public const int TagLength = 4;

    /// <summary>Offset of a VLAN tag, or of the type.</summary>
    public const int TypeOffset = 12;

    /// <summary>Type of a VLAN tag (IEEE 802.1Q).</summary>
    public const ushort TagType = 0x8100;

    /// <summary>Type of the tag of a provider's VLAN (IEEE 802.1ad).</summary>
    public const ushort ProviderTagType = 0x88A8;

    private const int VlanMask = 0xFFF;
    private readonly ReadOnlySpan<byte> _frame = frame;

    /// <summary>Whether bytes from an offset on cannot be seen although the frame may have them.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many.</param>
    /// <returns>True if so.</returns>
    public bool IsHidden(int offset, int length) => isCut && offset > _frame.Length - length;

    /// <summary>Whom it is for.</summary>
    public MacAddress Destination => MacAddress.Read(_frame);

    /// <summary>Whom it is from.</summary>
    public MacAddress Source => MacAddress.Read(_frame[MacAddress.Length..]);

    /// <summary>Whether its first type is that of a VLAN tag of either kind.</summary>
    public bool IsTagged => ReadUInt16(TypeOffset) is TagType or ProviderTagType;

    /// <summary>Identifier of the VLAN in its 802.1Q tag; 0 without one, or if the tag only gives a priority; -1 with a provider's tag.</summary>
    public int Vlan => ReadUInt16(TypeOffset) switch
    {
        TagType => ReadUInt16(TypeOffset + 2) & VlanMask,
        ProviderTagType => -1,
        _ => 0,
    };

    /// <summary>Offset of the payload, behind all tags and the type.</summary>
    /// <param name="type">Receives the type of the payload.</param>
    /// <returns>The offset.</returns>
    public int GetPayload(out ushort type)
    {
        int offset = TypeOffset;
        type = ReadUInt16(offset);
        for (int tags = 0; tags < 2 && type is TagType or ProviderTagType; tags++)
        {
            offset += TagLength;
            type = ReadUInt16(offset);
        }

        return offset + sizeof(ushort);
    }

    /// <summary>Reads a byte.</summary>
    /// <param name="offset">Where, from the start of the frame.</param>
    /// <returns>The byte.</returns>
    public byte ReadByte(int offset) => (uint)offset < (uint)_frame.Length ? _frame[offset] : (byte)0;

    /// <summary>Reads a big-endian number.</summary>
    /// <param name="offset">Where, from the start of the frame.</param>
    /// <returns>The number.</returns>
    public ushort ReadUInt16(int offset) =>
        offset >= 0 && offset <= _frame.Length - sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(_frame[offset..]) : (ushort)0;

    /// <summary>Bytes of the frame.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many.</param>
    /// <returns>The bytes; empty if they are not all there.</returns>
    public ReadOnlySpan<byte> Slice(int offset, int length) => offset <= _frame.Length - length ? _frame.Slice(offset, length) : default;
}
