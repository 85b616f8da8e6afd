using System.Buffers.Binary;

namespace Nestvisor.Storage.Vhdx;

/// <summary>One of the two headers (MS-VHDX §2.2.2).</summary>
internal sealed record VhdxHeader
{
    private const uint Signature = 0x6461_6568; // "head"

    public ulong SequenceNumber { get; init; }

    /// <summary>Changes whenever somebody begins to change the file.</summary>
    public Guid FileWriteGuid { get; init; }

    /// <summary>Changes whenever somebody begins to change what the guest sees.</summary>
    public Guid DataWriteGuid { get; init; }

    /// <summary>The entries of the log that count carry it; empty if none do.</summary>
    public Guid LogGuid { get; init; }

    public ushort LogVersion { get; init; }

    public ushort Version { get; init; } = 1;

    public uint LogLength { get; init; }

    public ulong LogOffset { get; init; }

    /// <summary>Reads a header; null if it is not whole.</summary>
    public static VhdxHeader? TryParse(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Signature && VhdxChecksum.IsRight(bytes[..VhdxLayout.Sector])
            ? new VhdxHeader
            {
                SequenceNumber = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                FileWriteGuid = new Guid(bytes.Slice(16, 16)),
                DataWriteGuid = new Guid(bytes.Slice(32, 16)),
                LogGuid = new Guid(bytes.Slice(48, 16)),
                LogVersion = BinaryPrimitives.ReadUInt16LittleEndian(bytes[64..]),
                Version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[66..]),
                LogLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[68..]),
                LogOffset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[72..]),
            }
            : null;

    /// <summary>The 4096 bytes of the header, with its checksum.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[VhdxLayout.Sector];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Signature);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), SequenceNumber);
        _ = FileWriteGuid.TryWriteBytes(bytes.AsSpan(16));
        _ = DataWriteGuid.TryWriteBytes(bytes.AsSpan(32));
        _ = LogGuid.TryWriteBytes(bytes.AsSpan(48));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(64), LogVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(66), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(68), LogLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(72), LogOffset);
        VhdxChecksum.Set(bytes);
        return bytes;
    }
}
