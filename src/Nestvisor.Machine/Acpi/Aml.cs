using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Machine.Acpi;

/// <summary>Encodes ACPI machine language (ACPI 6.5 §20.2): each function gives the bytes of one term.</summary>
internal static class Aml
{
    /// <summary>DefScope.</summary>
    public static byte[] Scope(string path, params ReadOnlySpan<byte[]> terms) => Packaged([0x10], NameString(path), Concat(terms));

    /// <summary>DefDevice.</summary>
    public static byte[] Device(string name, params ReadOnlySpan<byte[]> terms) => Packaged([0x5B, 0x82], NameString(name), Concat(terms));

    /// <summary>DefName.</summary>
    public static byte[] Name(string name, byte[] value) => [0x08, .. NameString(name), .. value];

    /// <summary>DefPackage.</summary>
    public static byte[] Package(params ReadOnlySpan<byte[]> elements) => Packaged([0x12], [(byte)elements.Length], Concat(elements));

    /// <summary>DefBuffer with its bytes.</summary>
    public static byte[] Buffer(ReadOnlySpan<byte> bytes) => Packaged([0x11], Integer((ulong)bytes.Length), bytes.ToArray());

    /// <summary>ComputationalData, in the shortest form.</summary>
    public static byte[] Integer(ulong value)
    {
        byte[] bytes = new byte[9];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(1), value);
        switch (value)
        {
            case 0:
                return [0x00];
            case 1:
                return [0x01];
            case <= 0xFF:
                bytes[0] = 0x0A;
                return bytes[..2];
            case <= 0xFFFF:
                bytes[0] = 0x0B;
                return bytes[..3];
            case <= 0xFFFF_FFFF:
                bytes[0] = 0x0C;
                return bytes[..5];
            default:
                bytes[0] = 0x0E;
                return bytes;
        }
    }

    /// <summary>An EISA id such as PNP0A03 as the integer that _HID holds (ACPI 6.5 §19.6.36).</summary>
    public static byte[] EisaId(string id)
    {
        uint value = (uint)(((id[0] - 0x40) << 26) | ((id[1] - 0x40) << 21) | ((id[2] - 0x40) << 16) | Convert.ToInt32(id[3..], 16));
        return Integer(BinaryPrimitives.ReverseEndianness(value));
    }

    /// <summary>NameString: absolute or relative segments of up to four characters, separated by dots.</summary>
    public static byte[] NameString(string path)
    {
        bool rooted = path.StartsWith('\\');
        string[] segments = path.TrimStart('\\').Split('.', StringSplitOptions.RemoveEmptyEntries);
        List<byte> bytes = rooted ? [(byte)'\\'] : [];
        switch (segments.Length)
        {
            case 0:
                bytes.Add(0);
                break;
            case 1:
                break;
            case 2:
                bytes.Add(0x2E);
                break;
            default:
                bytes.Add(0x2F);
                bytes.Add((byte)segments.Length);
                break;
        }

        foreach (string segment in segments)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(segment.PadRight(4, '_')));
        }

        return [.. bytes];
    }

    /// <summary>Terms one after another.</summary>
    public static byte[] Concat(params ReadOnlySpan<byte[]> parts)
    {
        List<byte> bytes = [];
        foreach (byte[] part in parts)
        {
            bytes.AddRange(part);
        }

        return [.. bytes];
    }

    private static byte[] Packaged(byte[] opcode, byte[] head, byte[] body)
    {
        int length = head.Length + body.Length;
        return [.. opcode, .. PackageLength(length), .. head, .. body];
    }

    // The length counts its own bytes too (§20.2.4).
    private static byte[] PackageLength(int content)
    {
        if (content + 1 < 0x40)
        {
            return [(byte)(content + 1)];
        }

        int extra = content + 2 < 1 << 12 ? 1 : content + 3 < 1 << 20 ? 2 : 3;
        int total = content + 1 + extra;
        byte[] bytes = new byte[1 + extra];
        bytes[0] = (byte)((extra << 6) | (total & 0x0F));
        for (int i = 1; i <= extra; i++)
        {
            bytes[i] = (byte)(total >> (4 + ((i - 1) * 8)));
        }

        return bytes;
    }
}
