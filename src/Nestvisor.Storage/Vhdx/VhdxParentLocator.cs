using System.Buffers.Binary;
using System.Text;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>The parent's paths in a differencing disk (MS-VHDX §2.6.2.6), to be shown.</summary>
internal static class VhdxParentLocator
{
    private const int HeaderSize = 20;
    private const int EntrySize = 12;

    /// <summary>The absolute path if there is one, else another one; empty if the locator is broken.</summary>
    public static string ReadPath(IDiskFile file, long offset, int length)
    {
        byte[] locator = new byte[length];
        file.Read(offset, locator);
        string path = "";
        int count = length < HeaderSize ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(locator.AsSpan(18));
        for (int i = 0; i < count && HeaderSize + ((i + 1) * EntrySize) <= length; i++)
        {
            ReadOnlySpan<byte> entry = locator.AsSpan(HeaderSize + (i * EntrySize), EntrySize);
            string key = ReadText(locator, BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]));
            string value = ReadText(locator, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]));
            if (key == "absolute_win32_path")
            {
                return value;
            }

            path = key is "volume_path" or "relative_path" ? value : path;
        }

        return path;
    }

    private static string ReadText(byte[] locator, uint offset, ushort length) =>
        offset <= locator.Length && length <= locator.Length - offset ? Encoding.Unicode.GetString(locator, (int)offset, length) : "";
}
