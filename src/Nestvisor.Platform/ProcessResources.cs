using System.Globalization;

namespace Nestvisor.Platform;

/// <summary>
/// What this process uses (/proc/self). The files are opened once, so that they can still be read after the process has
/// locked itself down.
/// </summary>
public sealed class ProcessResources : IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _memory = File.OpenHandle("/proc/self/statm");
    private readonly byte[] _buffer = new byte[256];
    private readonly Lock _lock = new();
    private long _resident;

    /// <summary>
    /// Reads how many bytes of the process are resident, those of a guest among them. After <see cref="Dispose"/> it is the last reading:
    /// who asks for a process's state may do so while it ends.
    /// </summary>
    public long ReadResidentBytes()
    {
        lock (_lock)
        {
            if (_memory.IsClosed)
            {
                return _resident;
            }

            int count = RandomAccess.Read(_memory, _buffer, 0);
            Span<Range> parts = stackalloc Range[3];
            ReadOnlySpan<char> text = System.Text.Encoding.ASCII.GetString(_buffer, 0, count);
            if (text.Split(parts, ' ') == parts.Length)
            {
                _resident = long.Parse(text[parts[1]], CultureInfo.InvariantCulture) * HostMemory.PageSize;
            }

            return _resident;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _memory.Dispose();
        }
    }
}
