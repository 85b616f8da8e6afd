using System.Buffers.Binary;

namespace Nestvisor.Storage.Tests;

/// <summary>Random requests to a disk, with a model of what it must hold. The same seed makes the same requests.</summary>
internal sealed class DiskWorkload(IDisk disk, int seed, byte[]? content = null)
{
    private readonly Random _random = new(seed);

    /// <summary>What the disk must hold.</summary>
    public byte[] Content { get; } = content ?? new byte[disk.Length];

    /// <summary>Makes requests of up to a length; any alignment, as the interface has it.</summary>
    public void Run(int requests, int longest)
    {
        for (int i = 0; i < requests; i++)
        {
            int length = _random.Next(1, longest);
            long offset = _random.NextInt64(disk.Length - length);
            Span<byte> model = Content.AsSpan((int)offset, length);
            switch (_random.Next(8))
            {
                case 0:
                    disk.WriteZeroes(offset, length, mayDiscard: _random.Next(2) == 0);
                    model.Clear();
                    break;
                case 1:
                    disk.Discard(offset, length);
                    if (disk.CanDiscard)
                    {
                        model.Clear();
                    }

                    break;
                case 2:
                    disk.Flush();
                    break;
                case 3:
                    byte[] read = new byte[length];
                    disk.Read(offset, read);
                    Assert.True(model.SequenceEqual(read), $"request {i}: {length} bytes at {offset} are not what was written");
                    break;
                default:
                    byte[] data = new byte[length];
                    _random.NextBytes(data);
                    disk.Write(offset, data);
                    data.CopyTo(model);
                    break;
            }
        }
    }

    /// <summary>All of a disk.</summary>
    public static byte[] ReadAll(IDisk disk)
    {
        byte[] all = new byte[disk.Length];
        disk.Read(0, all);
        return all;
    }

    /// <summary>Where two contents differ first, to be shown; empty if they do not.</summary>
    public static string Difference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int same = expected.CommonPrefixLength(actual);
        return same == expected.Length && expected.Length == actual.Length ? "" : $"they differ from byte {same} on; {expected.Length} and {actual.Length} bytes";
    }

    /// <summary>A sector that can be told from all others.</summary>
    public static byte[] Stamp(long sector, int version)
    {
        byte[] bytes = new byte[512];
        for (int i = 0; i < bytes.Length; i += 16)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i), sector + 1);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i + 8), version);
        }

        return bytes;
    }
}
