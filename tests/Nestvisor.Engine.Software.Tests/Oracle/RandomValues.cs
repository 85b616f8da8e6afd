namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Operands from the interesting corners.</summary>
internal static class RandomValues
{
    private static readonly ulong[] s_corners =
    [
        0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 0x7F, 0x80, 0x81, 0xFE, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
        0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF,
        0xFFFFFFFF80000000, 0xFFFFFFFFFFFF8000, 0xFFFFFFFFFFFFFF80, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA,
        0x8080808080808080, 0x0102030405060708,
    ];

    public static ulong Next(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
            case 1:
                return s_corners[random.Next(s_corners.Length)];
            case 2:
                return s_corners[random.Next(s_corners.Length)] + (ulong)random.Next(-2, 3);
            case 3:
                return (ulong)random.NextInt64() >> random.Next(64);
            case 4:
                return 1UL << random.Next(64);
            default:
                return ((ulong)random.NextInt64() << 1) ^ (ulong)random.NextInt64();
        }
    }

    public static void Fill(Random random, Span<byte> target)
    {
        random.NextBytes(target);
        for (int i = 0; i + 8 <= target.Length; i += 8)
        {
            if (random.Next(3) == 0)
            {
                BitConverter.TryWriteBytes(target[i..], Next(random));
            }
        }
    }
}
