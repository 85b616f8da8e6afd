using System.Buffers.Binary;

namespace Nestvisor.Machine.State;

/// <summary>Gathers what is saved for large writes, and keeps a checksum of it.</summary>
internal sealed class SnapshotWriter(Stream stream)
{
    /// <summary>Bytes of one write to, or read from, the stream.</summary>
    public const int BufferSize = 1 << 20;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _count;
    private uint _checksum;

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_count == BufferSize)
            {
                Flush();
            }

            int count = Math.Min(bytes.Length, BufferSize - _count);
            Span<byte> copy = _buffer.AsSpan(_count, count);
            bytes[..count].CopyTo(copy);
            _checksum = SnapshotChecksum.Add(_checksum, copy);
            _count += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes a number.</summary>
    public void Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    /// <summary>Writes the checksum of all that was written before.</summary>
    public void WriteChecksum() => Write((ulong)_checksum);

    /// <summary>Hands what is left to the stream.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _count);
        _count = 0;
    }
}
