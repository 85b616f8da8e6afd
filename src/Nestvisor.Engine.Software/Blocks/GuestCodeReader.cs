using Iced.Intel;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>Feeds Iced with code bytes: of one page of guest memory, or of a copy.</summary>
internal sealed unsafe class GuestCodeReader : CodeReader
{
    private byte* _next;
    private byte* _end;

    /// <summary>Sets the bytes to read.</summary>
    public void Set(byte* first, int length)
    {
        _next = first;
        _end = first + length;
    }

    /// <inheritdoc/>
    public override int ReadByte() => _next < _end ? *_next++ : -1;
}
