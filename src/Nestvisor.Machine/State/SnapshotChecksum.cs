using System.Numerics;
using System.Runtime.InteropServices;

namespace Nestvisor.Machine.State;

/// <summary>The checksum of saved state: CRC-32C, for which the host's processor has an instruction.</summary>
internal static class SnapshotChecksum
{
    /// <summary>Goes on with a checksum. How the bytes are divided among calls does not matter.</summary>
    public static uint Add(uint checksum, ReadOnlySpan<byte> bytes)
    {
        int whole = bytes.Length & ~7;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes[..whole]))
        {
            checksum = BitOperations.Crc32C(checksum, word);
        }

        foreach (byte each in bytes[whole..])
        {
            checksum = BitOperations.Crc32C(checksum, each);
        }

        return checksum;
    }
}
