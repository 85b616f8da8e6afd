namespace Nestvisor.Worker.Control;

/// <summary>Reads lines of bounded length.</summary>
internal sealed class LineReader(Stream stream)
{
    private const int LongestLine = 64 << 10;

    private readonly byte[] _buffer = new byte[LongestLine];
    private int _start;
    private int _end;

    /// <summary>Reads a line, without its end.</summary>
    /// <returns>The line in memory of its own; null at the end of the stream. A last line without an end is dropped.</returns>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async Task<byte[]?> ReadLineAsync()
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                byte[] line = _buffer.AsSpan(_start, length).ToArray();
                _start += length + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            if (_end == _buffer.Length)
            {
                throw new InvalidDataException($"A request may have {LongestLine} bytes at most.");
            }

            int count = await stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }
    }
}
