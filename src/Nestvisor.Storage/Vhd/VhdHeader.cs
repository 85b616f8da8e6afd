using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Storage.Vhd;

/// <summary>The header of a dynamic disk ("Dynamic Disk Header Format").</summary>
internal sealed record VhdHeader
{
    /// <summary>Its bytes.</summary>
    public const int Size = 1024;

    private const int ChecksumField = 36;
    private const int ParentName = 64;
    private const int ParentNameLength = 512;

    public required ulong TableOffset { get; init; }

    /// <summary>Entries of the block allocation table.</summary>
    public required uint Entries { get; init; }

    public required uint BlockSize { get; init; }

    /// <summary>The parent's file name, in differencing disks.</summary>
    public string Parent { get; init; } = "";

    /// <summary>Reads a header; null if it is not whole.</summary>
    public static VhdHeader? TryParse(ReadOnlySpan<byte> bytes) =>
        bytes[..8].SequenceEqual("cxsparse"u8) && VhdChecksum.IsRight(bytes[..Size], ChecksumField)
            ? new VhdHeader
            {
                TableOffset = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
                Entries = BinaryPrimitives.ReadUInt32BigEndian(bytes[28..]),
                BlockSize = BinaryPrimitives.ReadUInt32BigEndian(bytes[32..]),
                Parent = Encoding.BigEndianUnicode.GetString(bytes.Slice(ParentName, ParentNameLength)).TrimEnd('\0'),
            }
            : null;

    /// <summary>The header of a new file.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        "cxsparse"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), ulong.MaxValue);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), TableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), 0x0001_0000);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(28), Entries);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(32), BlockSize);
        VhdChecksum.Set(bytes, ChecksumField);
        return bytes;
    }
}
