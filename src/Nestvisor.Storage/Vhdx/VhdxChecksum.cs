using System.Buffers.Binary;
using System.Numerics;

namespace Nestvisor.Storage.Vhdx;

/// <summary>CRC-32C over a structure that holds its own checksum, which counts as zero (MS-VHDX §2.2.2).</summary>
internal static class VhdxChecksum
{
    private const int Field = 4;

    /// <summary>Whether bytes 4 to 7 are the checksum of the structure.</summary>
    public static bool IsRight(ReadOnlySpan<byte> structure) =>
        BinaryPrimitives.ReadUInt32LittleEndian(structure[Field..]) == Compute(structure);

    /// <summary>Puts the checksum into bytes 4 to 7.</summary>
    public static void Set(Span<byte> structure) => BinaryPrimitives.WriteUInt32LittleEndian(structure[Field..], Compute(structure));

    private static uint Compute(ReadOnlySpan<byte> structure)
    {
        uint crc = uint.MaxValue;
        crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(structure));
        crc = BitOperations.Crc32C(crc, 0u);
        structure = structure[8..];
        while (structure.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(structure));
            structure = structure[8..];
        }

        foreach (byte value in structure)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
