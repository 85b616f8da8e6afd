using System.Buffers.Binary;

namespace Nestvisor.Machine.State;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote. The input is not trusted.</summary>
internal sealed class SnapshotReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[SnapshotWriter.BufferSize];
    private int _start;
    private int _end;
    private uint _checksum;

    /// <summary>Reads bytes.</summary>
    /// <exception cref="EndOfStreamException">There are not so many.</exception>
    public void Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_start == _end && !Fill())
            {
                throw new EndOfStreamException();
            }

            int count = Math.Min(target.Length, _end - _start);
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, count);
            bytes.CopyTo(target);
            _checksum = SnapshotChecksum.Add(_checksum, bytes);
            _start += count;
            target = target[count..];
        }
    }

    /// <summary>Reads a number.</summary>
    public ulong ReadUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Reads a checksum and compares it with what was read before.</summary>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public void ExpectChecksum()
    {
        ulong checksum = _checksum;
        if (ReadUInt64() != checksum)
        {
            throw new InvalidDataException("The saved state is damaged: its checksum is wrong.");
        }
    }

    /// <summary>Checks that nothing follows.</summary>
    /// <exception cref="InvalidDataException">Something does.</exception>
    public void ExpectEnd()
    {
        if (_start != _end || Fill())
        {
            throw new InvalidDataException("The saved state goes on behind its end.");
        }
    }

    private bool Fill()
    {
        _start = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        return _end != 0;
    }
}
