using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>An event counter behind a file descriptor (eventfd(2)), non-blocking and closed on exec.</summary>
public sealed unsafe partial class EventDescriptor : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    private readonly FileDescriptor _descriptor;

    /// <summary>Creates an event that is not set.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused, for example because too many files are open.</exception>
    public EventDescriptor()
    {
        int fd = eventfd(0, CloseOnExec | NonBlocking);
        _descriptor = fd < 0 ? throw LinuxError.Last("Cannot create an event descriptor") : new FileDescriptor(fd);
    }

    /// <summary>The descriptor.</summary>
    public int Value => _descriptor.Value;

    /// <summary>Sets the event. Safe from any thread.</summary>
    public void Signal()
    {
        ulong one = 1;
        _ = write(_descriptor.Value, &one, sizeof(ulong));
    }

    /// <summary>Resets the event.</summary>
    /// <returns>How often it was set since the last call.</returns>
    public ulong Drain()
    {
        ulong count = 0;
        return read(_descriptor.Value, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint read(int fd, void* buffer, nuint count);
}
