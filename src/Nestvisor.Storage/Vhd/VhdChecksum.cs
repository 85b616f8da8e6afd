using System.Buffers.Binary;

namespace Nestvisor.Storage.Vhd;

/// <summary>The complement of the sum of all bytes, the checksum's own left out.</summary>
internal static class VhdChecksum
{
    /// <summary>Whether the checksum at a place of the structure is right.</summary>
    public static bool IsRight(ReadOnlySpan<byte> structure, int field) =>
        BinaryPrimitives.ReadUInt32BigEndian(structure[field..]) == Compute(structure, field);

    /// <summary>Puts it there.</summary>
    public static void Set(Span<byte> structure, int field) => BinaryPrimitives.WriteUInt32BigEndian(structure[field..], Compute(structure, field));

    private static uint Compute(ReadOnlySpan<byte> structure, int field)
    {
        uint sum = 0;
        for (int i = 0; i < structure.Length; i++)
        {
            sum += i >= field && i < field + sizeof(uint) ? 0u : structure[i];
        }

        return ~sum;
    }
}
