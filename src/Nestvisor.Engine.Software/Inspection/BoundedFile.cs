using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Nestvisor.Engine.Software.Inspection;

/// <summary>
/// A text file that only grows, and not beyond a limit, whatever a guest does. It is opened at once, because a process that has
/// locked itself down opens nothing; what follows are writes. Not for several threads at a time.
/// </summary>
internal sealed class BoundedFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly byte[] _last;
    private readonly long _limit;
    private int _buffered;
    private long _written;

    /// <summary>Opens the file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="fresh">An existing one is removed and not written to: nobody else can have put it there, or a link.</param>
    /// <param name="limit">The most bytes that it gets.</param>
    /// <param name="last">The line that tells a reader, at the end of a full file, that more is missing.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public BoundedFile(string path, bool fresh, long limit, string last)
    {
        if (fresh)
        {
            File.Delete(path);
        }

        _file = File.OpenHandle(path, fresh ? FileMode.CreateNew : FileMode.Create, FileAccess.Write, FileShare.Read);
        _limit = limit;
        _last = Encoding.UTF8.GetBytes(last + "\n");
    }

    /// <summary>Whether nothing more is written: the limit is reached, or a write has failed.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Appends a text as a whole, or the last line if it does not fit.</summary>
    public void Write(ReadOnlySpan<byte> text)
    {
        if (IsFull)
        {
            return;
        }

        IsFull = _written + _buffered + text.Length + _last.Length > _limit;
        ReadOnlySpan<byte> rest = IsFull ? _last : text;
        while (!rest.IsEmpty)
        {
            int length = Math.Min(rest.Length, _buffer.Length - _buffered);
            rest[..length].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += length;
            rest = rest[length..];
            if (_buffered == _buffer.Length)
            {
                Flush();
            }
        }

        if (IsFull)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _file.Dispose();
    }

    private void Flush()
    {
        try
        {
            RandomAccess.Write(_file, _buffer.AsSpan(0, _buffered), _written);
        }
        catch (IOException)
        {
            // A full disk is no reason to end the machine.
            IsFull = true;
        }

        _written += _buffered;
        _buffered = 0;
    }
}
