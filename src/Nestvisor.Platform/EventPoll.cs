using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Waits for many descriptors at once (epoll(7)).</summary>
public sealed unsafe partial class EventPoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Delete = 2;
    private const uint In = 1;
    private const uint EdgeTriggered = 1u << 31;

    private readonly FileDescriptor _descriptor;

    /// <summary>Creates an empty set.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public EventPoll()
    {
        int fd = epoll_create1(CloseOnExec);
        _descriptor = fd < 0 ? throw LinuxError.Last("Cannot create an epoll descriptor") : new FileDescriptor(fd);
    }

    /// <summary>Adds a descriptor; the wait ends when it is readable.</summary>
    /// <param name="fileDescriptor">The descriptor.</param>
    /// <param name="key">What <see cref="Wait"/> reports for it.</param>
    /// <param name="onceAnArrival">Whether it is reported once when something arrives, not as long as there is something.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public void Watch(int fileDescriptor, ulong key, bool onceAnArrival = false)
    {
        Entry entry = new() { Events = In | (onceAnArrival ? EdgeTriggered : 0), Key = key };
        if (epoll_ctl(_descriptor.Value, Add, fileDescriptor, &entry) != 0)
        {
            throw LinuxError.Last("Cannot watch a descriptor");
        }
    }

    /// <summary>Takes a descriptor out again, before it is closed.</summary>
    /// <param name="fileDescriptor">The descriptor.</param>
    public void Unwatch(int fileDescriptor) => _ = epoll_ctl(_descriptor.Value, Delete, fileDescriptor, null);

    /// <summary>Waits until a descriptor is readable.</summary>
    /// <param name="ready">Receives the keys of the readable descriptors.</param>
    /// <param name="noLonger">Whether to look only, and wait for nothing.</param>
    /// <returns>Number of keys; 0 if a signal came in between, or nothing is readable now.</returns>
    public int Wait(Span<ulong> ready, bool noLonger = false)
    {
        const int most = 16;
        Entry* entries = stackalloc Entry[most];
        int count = epoll_wait(_descriptor.Value, entries, Math.Min(most, ready.Length), noLonger ? 0 : -1);
        for (int i = 0; i < count; i++)
        {
            ready[i] = entries[i].Key;
        }

        return Math.Max(count, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, Entry* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, Entry* entries, int count, int milliseconds);

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Entry
    {
        public uint Events;
        public ulong Key;
    }
}
