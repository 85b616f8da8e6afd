using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Machine.Acpi;

/// <summary>A system description table: the common header (ACPI 6.5 §5.2.6) with the checksum, and a body.</summary>
internal static class AcpiTable
{
    private const int HeaderSize = 36;
    private const int ChecksumOffset = 9;

    /// <summary>Puts a table together.</summary>
    public static byte[] Create(string signature, byte revision, ReadOnlySpan<byte> body)
    {
        byte[] table = new byte[HeaderSize + body.Length];
        Encoding.ASCII.GetBytes(signature, table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        table[8] = revision;
        "NESTVI"u8.CopyTo(table.AsSpan(10));
        "NESTVPC "u8.CopyTo(table.AsSpan(16));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(24), 1);
        "NVIS"u8.CopyTo(table.AsSpan(28));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(32), 1);
        body.CopyTo(table.AsSpan(HeaderSize));
        table[ChecksumOffset] = Checksum(table);
        return table;
    }

    /// <summary>The byte that makes the sum zero.</summary>
    public static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return (byte)-sum;
    }
}
