using System.Buffers.Binary;

namespace Nestvisor.Machine.Acpi;

/// <summary>Encodes resource descriptors (ACPI 6.5 §6.4), the elements of a _CRS buffer.</summary>
internal static class AcpiResource
{
    /// <summary>A whole _CRS: the descriptors in a buffer with an end tag.</summary>
    public static byte[] Template(params ReadOnlySpan<byte[]> descriptors) => Aml.Buffer([.. Aml.Concat(descriptors), 0x79, 0x00]);

    /// <summary>I/O port descriptor (§6.4.2.5).</summary>
    public static byte[] Ports(ushort first, byte count)
    {
        byte[] bytes = [0x47, 0x01, 0, 0, 0, 0, 1, count];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), first);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), first);
        return bytes;
    }

    /// <summary>IRQ descriptor without flags: edge triggered, active high (§6.4.2.1).</summary>
    public static byte[] Irq(int irq) => [0x22, (byte)(1 << irq), (byte)((1 << irq) >> 8)];

    /// <summary>32-bit fixed memory range (§6.4.3.4).</summary>
    public static byte[] FixedMemory(uint address, uint length)
    {
        byte[] bytes = [0x86, 0x09, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), length);
        return bytes;
    }

    /// <summary>Range of bus numbers that a bridge produces (§6.4.3.5.3).</summary>
    public static byte[] BusNumbers(ushort first, ushort last) => WordSpace(2, 0, first, last);

    /// <summary>Range of ports that a bridge produces.</summary>
    public static byte[] PortWindow(ushort first, ushort last) => WordSpace(1, 3, first, last);

    /// <summary>Range of 32-bit, non-cacheable, writable memory that a bridge produces (§6.4.3.5.2).</summary>
    public static byte[] MemoryWindow(uint first, uint last)
    {
        byte[] bytes = new byte[26];
        bytes[0] = 0x87;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), 23);
        bytes[4] = FixedRange;
        bytes[5] = 0x01;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(10), first);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(14), last);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(22), last - first + 1);
        return bytes;
    }

    // Producer, positive decode, minimum and maximum fixed.
    private const byte FixedRange = 0x0C;

    private static byte[] WordSpace(byte type, byte typeFlags, ushort first, ushort last)
    {
        byte[] bytes = new byte[16];
        bytes[0] = 0x88;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), 13);
        bytes[3] = type;
        bytes[4] = FixedRange;
        bytes[5] = typeFlags;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), first);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), last);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), (ushort)(last - first + 1));
        return bytes;
    }
}
