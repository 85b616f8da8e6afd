using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Storage.Vhd;

/// <summary>The footer at the end of the file, of which dynamic disks have a copy at its beginning ("Hard Disk Footer Format").</summary>
internal sealed record VhdFooter
{
    /// <summary>Its bytes.</summary>
    public const int Size = 512;

    private const int ChecksumField = 64;
    private const uint FormatVersion = 0x0001_0000;
    private const uint ReservedFeature = 2;

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public required long DiskSize { get; init; }

    public required DiskType Type { get; init; }

    public required Guid Identifier { get; init; }

    /// <summary>Where the header of a dynamic disk is.</summary>
    public required ulong DataOffset { get; init; }

    public uint Version { get; init; } = FormatVersion;

    /// <summary>Reads a footer; null if it is not whole.</summary>
    public static VhdFooter? TryParse(ReadOnlySpan<byte> bytes) =>
        bytes[..8].SequenceEqual("conectix"u8) && VhdChecksum.IsRight(bytes[..Size], ChecksumField)
            ? new VhdFooter
            {
                Version = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
                DataOffset = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
                DiskSize = BinaryPrimitives.ReadInt64BigEndian(bytes[48..]),
                Type = (DiskType)BinaryPrimitives.ReadInt32BigEndian(bytes[60..]),
                Identifier = new Guid(bytes.Slice(68, 16), bigEndian: true),
            }
            : null;

    /// <summary>The footer of a new file.</summary>
    /// <param name="now">When it is made.</param>
    public byte[] ToBytes(DateTime now)
    {
        byte[] bytes = new byte[Size];
        "conectix"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), ReservedFeature);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), FormatVersion);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), DataOffset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), (uint)Math.Clamp((now - Epoch).TotalSeconds, 0, uint.MaxValue));

        // Programs decide by the maker whether the size or the geometry counts, which cannot express every size. For Windows it is the size.
        _ = Encoding.ASCII.GetBytes("win ", bytes.AsSpan(28));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(32), 0x000A_0000);
        _ = Encoding.ASCII.GetBytes("Wi2k", bytes.AsSpan(36));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), DiskSize);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(48), DiskSize);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(56), VhdGeometry.For(DiskSize));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(60), (int)Type);
        _ = Identifier.TryWriteBytes(bytes.AsSpan(68), bigEndian: true, out _);
        VhdChecksum.Set(bytes, ChecksumField);
        return bytes;
    }

    /// <summary>The same footer with another identifier; all else, also what is not known, stays.</summary>
    public static byte[] WithIdentifier(ReadOnlySpan<byte> footer, Guid identifier)
    {
        byte[] bytes = footer.ToArray();
        _ = identifier.TryWriteBytes(bytes.AsSpan(68), bigEndian: true, out _);
        VhdChecksum.Set(bytes, ChecksumField);
        return bytes;
    }
}
