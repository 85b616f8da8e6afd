using System.Buffers.Binary;
using System.IO.Compression;

namespace Nestvisor.Machine.Tests.Boot;

/// <summary>Kernels made of headers and a few recognizable bytes.</summary>
internal static class TestImages
{
    public const uint LoadAddress = 0x10_0000;
    public const uint PvhEntry = 0x10_0123;
    public const int PayloadSize = 0x100;
    public const int BssSize = 0x80;

    public static byte[] Payload { get; } = [.. Enumerable.Range(0, PayloadSize).Select(i => (byte)(i ^ 0x5A))];

    /// <summary>ELF64 with one segment and a PVH note.</summary>
    public static byte[] Pvh(ulong address = LoadAddress, bool note = true)
    {
        byte[] image = new byte[0x1000 + PayloadSize];
        "\u007FELF"u8.CopyTo(image);
        image[4] = 2;
        image[5] = 1;
        Put16(image, 16, 2);
        Put16(image, 18, 62);
        Put64(image, 24, 0xFFFF_FFFF_8100_0000);
        Put64(image, 32, 64);
        Put16(image, 54, 56);
        Put16(image, 56, 2);
        PutHeader64(image, 64, 1, 0x1000, address, PayloadSize, PayloadSize + BssSize);
        PutHeader64(image, 120, 4, 0x200, 0, note ? 44UL : 0, 44);

        // Another owner's note first: names and descriptors are padded to four bytes.
        Put32(image, 0x200, 4);
        Put32(image, 0x204, 1);
        Put32(image, 0x208, 18);
        "GNU\0"u8.CopyTo(image.AsSpan(0x20C));
        Put32(image, 0x214, 4);
        Put32(image, 0x218, 8);
        Put32(image, 0x21C, 18);
        "Xen\0"u8.CopyTo(image.AsSpan(0x220));
        Put64(image, 0x224, PvhEntry);
        Payload.CopyTo(image, 0x1000);
        return image;
    }

    /// <summary>ELF32 with a multiboot header.</summary>
    public static byte[] Multiboot(uint address = LoadAddress)
    {
        byte[] image = new byte[0x1000 + PayloadSize];
        "\u007FELF"u8.CopyTo(image);
        image[4] = 1;
        image[5] = 1;
        Put16(image, 16, 2);
        Put16(image, 18, 3);
        Put32(image, 24, address + 0x20);
        Put32(image, 28, 52);
        Put16(image, 42, 32);
        Put16(image, 44, 1);
        Put32(image, 52, 1);
        Put32(image, 56, 0x1000);
        Put32(image, 60, 0x8000_0000);
        Put32(image, 64, address);
        Put32(image, 68, PayloadSize);
        Put32(image, 72, PayloadSize + BssSize);
        Payload.CopyTo(image, 0x1000);
        Put32(image, 0x1000, 0x1BAD_B002);
        Put32(image, 0x1004, 0);
        Put32(image, 0x1008, unchecked((uint)-0x1BAD_B002));
        return image;
    }

    /// <summary>A bzImage with a 64-bit entry, preferring 16 MiB.</summary>
    public static byte[] BzImage(ushort version = 0x020F, ushort loadFlags = 1, uint initSize = 0x10_0000)
    {
        byte[] image = new byte[1024 + PayloadSize];
        image[0x1F1] = 1;
        Put16(image, 0x1FE, 0xAA55);
        image[0x200] = 0xEB;
        image[0x201] = 0x66;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        Put16(image, 0x206, version);
        image[0x211] = 1;
        Put32(image, 0x22C, 0x7FFF_FFFF);
        Put32(image, 0x230, 0x20_0000);
        image[0x234] = 1;
        Put16(image, 0x236, loadFlags);
        Put32(image, 0x238, 2047);
        Put64(image, 0x258, 0x100_0000);
        Put32(image, 0x260, initSize);
        Payload.CopyTo(image, 1024);
        return image;
    }

    /// <summary>A bzImage that carries a packed kernel.</summary>
    public static byte[] BzImageWith(byte[] packed, int unpackedSize)
    {
        byte[] image = [.. BzImage(), .. packed, .. new byte[4]];
        Put32(image, 0x248, PayloadSize);
        Put32(image, 0x24C, (uint)packed.Length + 4);
        Put32(image, image.Length - 4, (uint)unpackedSize);
        return image;
    }

    public static byte[] Gzip(byte[] data)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(data);
        }

        return packed.ToArray();
    }

    /// <summary>An LZ4 legacy frame that uses literals and, for runs of one byte, overlapping matches.</summary>
    public static byte[] Lz4(byte[] data)
    {
        List<byte> block = [];
        int at = 0;
        int literals = 0;
        while (at < data.Length)
        {
            int run = 1;
            while (at + run < data.Length && data[at + run] == data[at])
            {
                run++;
            }

            if (run >= 32 && at + run < data.Length)
            {
                Sequence(data[literals..(at + 1)], run - 1);
                at += run;
                literals = at;
            }
            else
            {
                at += run;
            }
        }

        Sequence(data[literals..], 0);
        byte[] frame = [0x02, 0x21, 0x4C, 0x18, 0, 0, 0, 0, .. block];
        Put32(frame, 4, (uint)block.Count);
        return frame;

        void Sequence(byte[] bytes, int match)
        {
            int extra = match == 0 ? 0 : match - 4;
            block.Add((byte)((Math.Min(bytes.Length, 15) << 4) | Math.Min(extra, 15)));
            Length(bytes.Length);
            block.AddRange(bytes);
            if (match != 0)
            {
                block.AddRange([1, 0]);
                Length(extra);
            }
        }

        void Length(int length)
        {
            for (length -= 15; length >= 0; length -= 255)
            {
                block.Add((byte)Math.Min(length, 255));
            }
        }
    }

    private static void PutHeader64(byte[] image, int at, uint type, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        Put32(image, at, type);
        Put64(image, at + 8, offset);
        Put64(image, at + 24, address);
        Put64(image, at + 32, fileSize);
        Put64(image, at + 40, memorySize);
    }

    private static void Put16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);

    private static void Put32(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);

    private static void Put64(byte[] image, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
}
