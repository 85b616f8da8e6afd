using System.Buffers.Binary;
using System.Text;
using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Kvm;

/// <summary>
/// The kernel's statistics of one processor (KVM_GET_STATS_FD): a header, descriptors with names, and 64-bit values. The descriptor
/// is opened at the start, so that the values can be read after the worker has locked itself down.
/// </summary>
internal sealed class KvmStatistics : IDisposable
{
    private const int HeaderSize = 24;
    private const int DescriptorSize = 16;
    private const int MaximumDescriptors = 1024;

    private readonly FileDescriptor? _descriptor;
    private readonly List<(string Name, long Offset)> _values = [];

    /// <summary>Opens the statistics; a kernel without them (before 5.14) leaves the list empty.</summary>
    public KvmStatistics(FileDescriptor processor)
    {
        int fd = IoControl.Call(processor.Value, KvmIoctl.GetStatsFd);
        if (fd < 0)
        {
            return;
        }

        _descriptor = new FileDescriptor(fd);
        Span<byte> header = stackalloc byte[HeaderSize];
        if (FileDescriptor.ReadAt(fd, header, 0) != HeaderSize)
        {
            return;
        }

        int nameSize = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        long first = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        long data = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        if (nameSize is < 0 or > 1024 || count is < 0 or > MaximumDescriptors)
        {
            return;
        }

        byte[] table = new byte[count * (DescriptorSize + nameSize)];
        if (FileDescriptor.ReadAt(fd, table, first) != table.Length)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * (DescriptorSize + nameSize), DescriptorSize + nameSize);
            ushort length = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
            ReadOnlySpan<byte> name = entry[DescriptorSize..];
            int end = name.IndexOf((byte)0);
            if (length == 1)
            {
                _values.Add((Encoding.ASCII.GetString(end < 0 ? name : name[..end]), data + BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])));
            }
        }
    }

    /// <summary>Adds this processor's values to the sums of all.</summary>
    public void AddTo(Dictionary<string, long> counters)
    {
        Span<byte> value = stackalloc byte[8];
        foreach ((string name, long offset) in _values)
        {
            if (FileDescriptor.ReadAt(_descriptor!.Value, value, offset) == value.Length)
            {
                counters[name] = counters.GetValueOrDefault(name) + BinaryPrimitives.ReadInt64LittleEndian(value);
            }
        }
    }

    public void Dispose() => _descriptor?.Dispose();
}
