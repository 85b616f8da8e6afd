using System.Buffers.Binary;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>An entry of the log (MS-VHDX §2.3.1): sectors of the file that change together.</summary>
internal sealed class VhdxLogEntry
{
    public const int HeaderSize = 64;
    public const int DescriptorSize = 32;
    private const uint EntrySignature = 0x6567_6F6C; // "loge"
    private const uint ZeroSignature = 0x6F72_657A; // "zero"
    private const uint DataSignature = 0x6373_6564; // "desc"
    private const uint SectorSignature = 0x6174_6164; // "data"
    private const int LeadingBytes = 8;
    private const int TrailingBytes = 4;

    private readonly byte[] _bytes;

    private VhdxLogEntry(byte[] bytes) => _bytes = bytes;

    /// <summary>Bytes of the entry, a multiple of 4096.</summary>
    public int Length => _bytes.Length;

    /// <summary>Where in the log the oldest entry is whose changes may not be in place.</summary>
    public uint Tail => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(12));

    /// <summary>One more than that of the entry before.</summary>
    public ulong SequenceNumber => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(16));

    /// <summary>The file was at least so long, durably, when the entry was written.</summary>
    public ulong FlushedFileOffset => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(48));

    /// <summary>The file must be at least so long.</summary>
    public ulong LastFileOffset => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(56));

    private int DescriptorCount => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(24));

    /// <summary>Reads the entry that begins at a place of the log; null if there is no whole one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Says where the log is and which entries are its own.</param>
    /// <param name="position">Where in the log, a multiple of 4096.</param>
    /// <param name="budget">Bytes that may still be read; hostile logs could ask for very many.</param>
    public static VhdxLogEntry? TryRead(IDiskFile file, VhdxHeader header, uint position, ref long budget)
    {
        Span<byte> start = stackalloc byte[HeaderSize];
        file.Read((long)header.LogOffset + position, start);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        uint tail = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        uint descriptors = BinaryPrimitives.ReadUInt32LittleEndian(start[24..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) != EntrySignature
            || length == 0 || length % VhdxLayout.Sector != 0 || length > header.LogLength
            || tail % VhdxLayout.Sector != 0 || tail >= header.LogLength
            || BinaryPrimitives.ReadUInt64LittleEndian(start[16..]) == 0
            || new Guid(start.Slice(32, 16)) != header.LogGuid
            || SectorsFor(descriptors) > length / VhdxLayout.Sector)
        {
            return null;
        }

        budget -= length;
        if (budget < 0)
        {
            throw DiskErrors.Damaged(file.Path, "its log has far more entries that are broken than a crash could leave");
        }

        byte[] bytes = new byte[length];
        int first = (int)Math.Min(length, header.LogLength - position);
        file.Read((long)header.LogOffset + position, bytes.AsSpan(0, first));
        file.Read((long)header.LogOffset, bytes.AsSpan(first));
        VhdxLogEntry entry = new(bytes);
        return VhdxChecksum.IsRight(bytes) && entry.IsConsistent() ? entry : null;
    }

    /// <summary>Makes an entry of whole sectors.</summary>
    public static byte[] Create(
        Guid log, ulong sequence, uint tail, long fileLength, IReadOnlyList<(long Offset, byte[] Sector)> changes)
    {
        int descriptorSectors = (int)SectorsFor((uint)changes.Count);
        byte[] bytes = new byte[(descriptorSectors + changes.Count) * VhdxLayout.Sector];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, EntrySignature);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), tail);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), sequence);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), changes.Count);
        _ = log.TryWriteBytes(bytes.AsSpan(32));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), fileLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), fileLength);
        for (int i = 0; i < changes.Count; i++)
        {
            (long offset, byte[] sector) = changes[i];
            Span<byte> descriptor = bytes.AsSpan(HeaderSize + (i * DescriptorSize), DescriptorSize);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor, DataSignature);
            sector.AsSpan(VhdxLayout.Sector - TrailingBytes).CopyTo(descriptor[4..]);
            sector.AsSpan(0, LeadingBytes).CopyTo(descriptor[8..]);
            BinaryPrimitives.WriteInt64LittleEndian(descriptor[16..], offset);
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor[24..], sequence);
            Span<byte> data = bytes.AsSpan((descriptorSectors + i) * VhdxLayout.Sector, VhdxLayout.Sector);
            sector.CopyTo(data);
            BinaryPrimitives.WriteUInt32LittleEndian(data, SectorSignature);
            BinaryPrimitives.WriteUInt32LittleEndian(data[4..], (uint)(sequence >> 32));
            BinaryPrimitives.WriteUInt32LittleEndian(data[(VhdxLayout.Sector - TrailingBytes)..], (uint)sequence);
        }

        VhdxChecksum.Set(bytes);
        return bytes;
    }

    /// <summary>Gives the changes in order: zeros for a length, or one sector.</summary>
    public void ForEach(Action<long, long> zeros, Action<long, byte[]> sector)
    {
        int data = (int)SectorsFor((uint)DescriptorCount);
        for (int i = 0; i < DescriptorCount; i++)
        {
            ReadOnlySpan<byte> descriptor = _bytes.AsSpan(HeaderSize + (i * DescriptorSize), DescriptorSize);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(descriptor[16..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(descriptor) == ZeroSignature)
            {
                zeros(offset, BinaryPrimitives.ReadInt64LittleEndian(descriptor[8..]));
                continue;
            }

            byte[] bytes = _bytes.AsSpan(data++ * VhdxLayout.Sector, VhdxLayout.Sector).ToArray();
            descriptor.Slice(8, LeadingBytes).CopyTo(bytes);
            descriptor.Slice(4, TrailingBytes).CopyTo(bytes.AsSpan(VhdxLayout.Sector - TrailingBytes));
            sector(offset, bytes);
        }
    }

    // The first sector of descriptors holds the header too.
    private static uint SectorsFor(uint descriptors) =>
        (uint)((HeaderSize + ((ulong)descriptors * DescriptorSize) + VhdxLayout.Sector - 1) / VhdxLayout.Sector);

    private bool IsConsistent()
    {
        int next = (int)SectorsFor((uint)DescriptorCount);
        for (int i = 0; i < DescriptorCount; i++)
        {
            ReadOnlySpan<byte> descriptor = _bytes.AsSpan(HeaderSize + (i * DescriptorSize), DescriptorSize);
            uint signature = BinaryPrimitives.ReadUInt32LittleEndian(descriptor);
            if (signature is not (ZeroSignature or DataSignature)
                || BinaryPrimitives.ReadUInt64LittleEndian(descriptor[24..]) != SequenceNumber
                || BinaryPrimitives.ReadUInt64LittleEndian(descriptor[16..]) % VhdxLayout.Sector != 0
                || (signature == ZeroSignature && BinaryPrimitives.ReadUInt64LittleEndian(descriptor[8..]) % VhdxLayout.Sector != 0))
            {
                return false;
            }

            if (signature == DataSignature)
            {
                if ((next + 1) * VhdxLayout.Sector > Length)
                {
                    return false;
                }

                ReadOnlySpan<byte> data = _bytes.AsSpan(next++ * VhdxLayout.Sector, VhdxLayout.Sector);
                if (BinaryPrimitives.ReadUInt32LittleEndian(data) != SectorSignature
                    || BinaryPrimitives.ReadUInt32LittleEndian(data[4..]) != (uint)(SequenceNumber >> 32)
                    || BinaryPrimitives.ReadUInt32LittleEndian(data[(VhdxLayout.Sector - TrailingBytes)..]) != (uint)SequenceNumber)
                {
                    return false;
                }
            }
        }

        return next * VhdxLayout.Sector == Length;
    }
}
