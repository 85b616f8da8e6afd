using Microsoft.Win32.SafeHandles;

namespace Nestvisor.Worker.Consoles;

/// <summary>
/// Keeps what the guest writes in a file of bounded size, and what came before in a second one (<c>NAME.1</c>). Both are opened at
/// the start, since a locked-down process can open and rename nothing: a full file is copied.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    private const int Backlog = 4 << 20;
    private const int ChunkSize = 64 << 10;

    private readonly ConsoleListener _listener;
    private readonly SafeFileHandle _current;
    private readonly SafeFileHandle _previous;
    private readonly long _maximum;
    private readonly Thread _thread;
    private readonly byte[] _chunk = new byte[ChunkSize];
    private long _length;

    public ConsoleLog(ConsoleHub hub, string path, long maximum)
    {
        _maximum = Math.Max(maximum, ChunkSize);
        _current = Open(path);
        _previous = Open(path + ".1");
        _length = RandomAccess.GetLength(_current);
        _listener = hub.Attach(Backlog);
        _thread = new Thread(Run) { IsBackground = true, Name = "console-log" };
        _thread.Start();
    }

    /// <summary>Writes what is left. The hub must be complete.</summary>
    public void Dispose()
    {
        _thread.Join();
        _current.Dispose();
        _previous.Dispose();
    }

    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private void Run()
    {
        byte[] buffer = new byte[ChunkSize];
        try
        {
            while (_listener.Queue.ReadAsync(buffer).GetAwaiter().GetResult() is var count and not 0)
            {
                if (_length + count > _maximum)
                {
                    Rotate();
                }

                RandomAccess.Write(_current, buffer.AsSpan(0, count), _length);
                _length += count;
            }
        }
        catch (IOException)
        {
            // The disk is full or gone: the guest goes on without a log.
        }
    }

    private void Rotate()
    {
        RandomAccess.SetLength(_previous, 0);
        for (long offset = 0; offset < _length;)
        {
            int count = RandomAccess.Read(_current, _chunk, offset);
            if (count == 0)
            {
                break;
            }

            RandomAccess.Write(_previous, _chunk.AsSpan(0, count), offset);
            offset += count;
        }

        RandomAccess.SetLength(_current, 0);
        _length = 0;
    }
}
