using System.Buffers.Binary;
using Nestvisor.Engine.Software.Interpreter.Vector;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>Random operands and states for vector and x87 instructions: NaNs, denormals, infinities, all rounding modes.</summary>
internal static class VectorValues
{
    private static readonly uint[] s_singles =
    [
        0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F800001, 0xFFBFFFFF,
        1, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x00800001, 0x4F000000, 0xCF000000, 0x4EFFFFFF,
        0x33800000, 0x3F000000, 0x3FC00000, 0x40200000, 0x5F000000, 0x1F800000,
    ];

    private static readonly ulong[] s_doubles =
    [
        0, 0x8000000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000, 0xFFF0000000000000,
        0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000001, 0xFFF7FFFFFFFFFFFF, 1, 0x8000000000000001,
        0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF, 0x41E0000000000000,
        0xC1E0000000000000, 0x43E0000000000000, 0x3FE0000000000000, 0x47EFFFFFE0000000, 0x3810000000000000,
        0x36A0000000000000, 0x3FF8000000000000, 0x1FF0000000000000,
    ];

    /// <summary>Fills whole multiples of 16 bytes.</summary>
    public static void Fill(Random random, Span<byte> target)
    {
        for (int i = 0; i + 16 <= target.Length; i += 16)
        {
            Span<byte> lane = target.Slice(i, 16);
            random.NextBytes(lane);
            switch (random.Next(6))
            {
                case 0:
                    for (int k = 0; k < 16; k += 4)
                    {
                        BinaryPrimitives.WriteUInt32LittleEndian(lane[k..], Single(random));
                    }

                    break;
                case 1:
                    BinaryPrimitives.WriteUInt64LittleEndian(lane, Double(random));
                    BinaryPrimitives.WriteUInt64LittleEndian(lane[8..], Double(random));
                    break;
                case 2:
                    foreach (ref byte b in lane)
                    {
                        b = random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => 0x80, _ => b };
                    }

                    break;
                case 3:
                    BinaryPrimitives.WriteUInt64LittleEndian(lane, (ulong)random.Next(-70, 70));
                    break;
            }
        }
    }

    /// <summary>Makes a standard XSAVE image of a plausible processor.</summary>
    public static void State(Random random, Span<byte> image)
    {
        image.Clear();
        Fill(random, image.Slice(VectorArea.Xmm, 256));
        Fill(random, image.Slice(VectorArea.YmmHigh, 256));
        image[VectorArea.LegacySize] = 7;

        // Overflow and underflow stay masked: their unmasked responses differ in PE and UE (see SimdFault).
        uint masks = random.Next(3) == 0 ? (uint)random.Next(64) | 0x18 : 63;
        uint mxcsr = (masks << 7) | (uint)random.Next(64) * (uint)random.Next(2) | ((uint)random.Next(4) << 13);
        mxcsr |= random.Next(4) == 0 ? 1u << 15 : 0;
        mxcsr |= random.Next(4) == 0 ? 1u << 6 : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(image[VectorArea.Mxcsr..], mxcsr);
        X87(random, image);
    }

    private static void X87(Random random, Span<byte> image)
    {
        int masks = random.Next(3) == 0 ? random.Next(64) : 63;
        int control = masks | 0x40 | (random.Next(4) << 8) | (random.Next(4) << 10) | (random.Next(2) << 12);
        int flags = random.Next(3) == 0 ? random.Next(128) : 0;
        if (random.Next(8) != 0)
        {
            flags &= masks | 0x40;
        }

        int status = flags | (random.Next(16) << 8 & 0x4700) | (random.Next(8) << 11);
        status |= (flags & ~control & 0x3F) != 0 ? 0x8080 : 0;
        BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)control);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], (ushort)status);
        image[VectorArea.Ftw] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next(4) == 0 ? 0 : 255);
        BinaryPrimitives.WriteUInt16LittleEndian(image[VectorArea.Fop..], (ushort)random.Next(0x800));
        BinaryPrimitives.WriteUInt64LittleEndian(image[VectorArea.Fip..], (ulong)random.NextInt64(1L << 31));
        BinaryPrimitives.WriteUInt64LittleEndian(image[VectorArea.Fdp..], (ulong)random.NextInt64(1L << 31));
        for (int i = 0; i < 8; i++)
        {
            Extended(random, image.Slice(VectorArea.X87Registers + (16 * i), 10));
        }
    }

    /// <summary>An 80-bit number: mostly normal ones near one, else whatever the format can hold.</summary>
    public static void Extended(Random random, Span<byte> target)
    {
        ulong significand = ((ulong)random.NextInt64() << 1) | 0x8000000000000000;
        int exponent = 0x3FFF + random.Next(-70, 70);
        switch (random.Next(12))
        {
            case 0:
                exponent = 0;
                significand = random.Next(3) == 0 ? 0 : significand >> random.Next(1, 63);
                break;
            case 1:
                exponent = 0x7FFF;
                significand = random.Next(3) switch { 0 => 0x8000000000000000, 1 => significand, _ => significand & ~(1UL << 62) };
                break;
            case 2:
                exponent = random.Next(0x8000);
                break;
            case 3:
                exponent = random.Next(0x8000);
                significand &= long.MaxValue;
                break;
            case 4:
                exponent = random.Next(2) == 0 ? 0x3C01 + random.Next(-60, 60) : 0x3F81 + random.Next(-30, 30);
                break;
            case 5:
                significand = 0x8000000000000000;
                break;
            case 6:
                exponent = 0x3FFF + random.Next(0, 20);
                significand &= ulong.MaxValue << random.Next(40, 64);
                significand |= 0x8000000000000000;
                break;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(target, significand);
        BinaryPrimitives.WriteUInt16LittleEndian(target[8..], (ushort)(exponent | (random.Next(2) << 15)));
    }

    private static uint Single(Random random) => random.Next(4) switch
    {
        0 => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * 1000)),
        1 => (uint)random.NextInt64(1L << 32),
        _ => s_singles[random.Next(s_singles.Length)],
    };

    private static ulong Double(Random random) => random.Next(4) switch
    {
        0 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * 1e6),
        1 => (ulong)random.NextInt64() << 1,
        _ => s_doubles[random.Next(s_doubles.Length)],
    };
}
