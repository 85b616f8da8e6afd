using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Native;

/// <summary>
/// Memory for generated code, mapped twice: written through one view, run through the other, so that no page is ever writable
/// and executable. Create it before the process gives up making executable mappings.
/// </summary>
internal sealed unsafe class NativeCodeArea : IDisposable
{
    private readonly ulong _size;
    private byte* _write;
    private byte* _execute;
    private ulong _used;

    /// <summary>Reserves the area; pages are committed when they are written.</summary>
    /// <param name="name">Its name in /proc/PID/maps; null for shared anonymous memory, which perf looks up in a map of symbols.</param>
    /// <param name="size">Bytes, a multiple of the page size.</param>
    public NativeCodeArea(string? name, ulong size)
    {
        _size = size;
        if (name is null)
        {
            ExecutableMemory.CreateViews(size, out _write, out _execute);
            return;
        }

        int fd = HostMemory.CreateMemoryFile(name, size);
        try
        {
            // SAFETY: two fresh mappings of a file of exactly this size, released together; every access is checked against it.
            _write = HostMemory.MapCode(size, fd, executable: false);
            _execute = HostMemory.MapCode(size, fd, executable: true);
        }
        finally
        {
            HostMemory.CloseFile(fd);
        }
    }

    /// <summary>Bytes in use.</summary>
    public ulong Used => _used;

    /// <summary>First address for execution.</summary>
    public byte* Execute => _execute;

    /// <summary>Gives up all code behind so many bytes.</summary>
    public void Truncate(ulong used) => _used = Math.Min(_used, used);

    /// <summary>Copies code in.</summary>
    /// <returns>Its address for execution; null if the area is full.</returns>
    public byte* Add(ReadOnlySpan<byte> code)
    {
        ulong size = ((ulong)code.Length + 15) & ~15UL;
        if (size > _size - _used)
        {
            return null;
        }

        ulong at = _used;
        _used += size;
        code.CopyTo(new Span<byte>(_write + at, code.Length));
        return _execute + at;
    }

    /// <summary>Replaces code within what <see cref="Add"/> returned; nobody may be running it.</summary>
    public void Replace(byte* at, ReadOnlySpan<byte> code) =>
        code.CopyTo(new Span<byte>(_write + (at - _execute), code.Length));

    /// <summary>Whether the code at an address equals the given bytes.</summary>
    public bool Holds(byte* at, ReadOnlySpan<byte> code) =>
        (ulong)(at - _execute) + (ulong)code.Length <= _size && new ReadOnlySpan<byte>(at, code.Length).SequenceEqual(code);

    public void Dispose()
    {
        if (_write != null)
        {
            HostMemory.Release(_write, _size);
            HostMemory.Release(_execute, _size);
            _write = null;
            _execute = null;
        }
    }
}
