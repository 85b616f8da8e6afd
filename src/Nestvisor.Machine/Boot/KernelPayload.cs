using System.Buffers.Binary;
using System.IO.Compression;

namespace Nestvisor.Machine.Boot;

/// <summary>
/// The ELF kernel that a bzImage carries. Unpacking it here, natively, spares the guest its own decompressor: some hundred million
/// instructions, which the software engine would interpret.
/// </summary>
internal static class KernelPayload
{
    private const int SetupSectors = 0x1F1;
    private const int PayloadOffset = 0x248;
    private const int PayloadLength = 0x24C;
    private const ulong LargestPacked = 256 << 20;
    private const uint LargestUnpacked = 512 << 20;
    private const int SizeBytes = 4;

    /// <summary>Unpacks the kernel, if it is packed in a way that is known here (LZ4 or gzip).</summary>
    /// <param name="image">The bzImage.</param>
    /// <param name="head">Its first bytes, the setup header among them.</param>
    /// <returns>The ELF file; null if the guest must unpack it itself.</returns>
    public static BootImage? TryUnpack(BootImage image, ReadOnlySpan<byte> head)
    {
        ulong start = (((head[SetupSectors] == 0 ? 4UL : head[SetupSectors]) + 1) * 512)
            + BinaryPrimitives.ReadUInt32LittleEndian(head[PayloadOffset..]);
        ulong length = BinaryPrimitives.ReadUInt32LittleEndian(head[PayloadLength..]);
        if (length < SizeBytes * 2 || length > LargestPacked || start + length > image.Length)
        {
            return null;
        }

        // The kernel's build puts the unpacked size behind what the packer made (Linux, scripts/Makefile.lib, size_append).
        Span<byte> word = stackalloc byte[SizeBytes];
        uint size = image.TryRead(start + length - SizeBytes, word) ? BinaryPrimitives.ReadUInt32LittleEndian(word) : 0;
        if (size is < 64 or > LargestUnpacked || !image.TryRead(start, word))
        {
            return null;
        }

        BootImage? unpacked = Lz4Frame.IsFrame(word)
            ? Lz4Frame.TryOpen(image, start, length - SizeBytes, size) is { } frame ? BootImage.FromFrame(image.Path, frame, size) : null
            : word.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? TryUnpackGzip(image, start, (int)length, (int)size) : null;
        return unpacked is not null && unpacked.TryRead(0, word) && ElfFile.IsElf(word) ? unpacked : null;
    }

    private static BootImage? TryUnpackGzip(BootImage image, ulong start, int length, int size)
    {
        byte[] packed = new byte[length];
        byte[] unpacked = new byte[size];
        return image.TryRead(start, packed) && TryUnpackGzip(packed, unpacked) ? BootImage.FromBytes(image.Path, unpacked) : null;
    }

    private static bool TryUnpackGzip(byte[] packed, Span<byte> target)
    {
        try
        {
            using GZipStream stream = new(new MemoryStream(packed), CompressionMode.Decompress);
            return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
