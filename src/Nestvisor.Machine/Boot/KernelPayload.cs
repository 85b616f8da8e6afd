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

        byte[] packed = new byte[(int)length];
        if (!image.TryRead(start, packed))
        {
            return null;
        }

        // The kernel's build puts the unpacked size behind what the packer made (Linux, scripts/Makefile.lib, size_append).
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan((int)length - SizeBytes));
        ReadOnlySpan<byte> data = packed.AsSpan(0, (int)length - SizeBytes);
        bool known = Lz4Legacy.IsFrame(data) || data.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]);
        if (!known || size is < 64 or > LargestUnpacked)
        {
            return null;
        }

        byte[] unpacked = new byte[(int)size];
        bool done = Lz4Legacy.IsFrame(data) ? Lz4Legacy.TryUnpack(data, unpacked) : TryUnpackGzip(packed, unpacked);
        return done && ElfFile.IsElf(unpacked) ? BootImage.FromBytes(image.Path, unpacked) : null;
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
