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

    /// <summary>Reads the process's memory.</summary>
    /// <returns>Resident private and file-backed bytes, and resident bytes of shared memory such as the guest's.</returns>
    public (long Own, long Shared) ReadMemory()
    {
        lock (_lock)
        {
            int count = RandomAccess.Read(_memory, _buffer, 0);
            Span<Range> parts = stackalloc Range[8];
            ReadOnlySpan<char> text = System.Text.Encoding.ASCII.GetString(_buffer, 0, count);
            if (text.Split(parts, ' ') < 3)
            {
                return (0, 0);
            }

            long resident = long.Parse(text[parts[1]], CultureInfo.InvariantCulture) * HostMemory.PageSize;
            long shared = long.Parse(text[parts[2]], CultureInfo.InvariantCulture) * HostMemory.PageSize;
            return (resident - shared, shared);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
