using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>
/// An auto-reset event on a futex (futex(2)) with nanosecond time-outs. Setting it when nobody waits costs one
/// interlocked operation.
/// </summary>
public sealed unsafe partial class PreciseEvent : IDisposable
{
    private const int SysFutex = 202;
    private const int FutexWaitPrivate = 128;
    private const int FutexWakePrivate = 129;

    // 0: not set; 1: set; -1: not set and a thread sleeps.
    private int* _word = (int*)NativeMemory.AllocZeroed(64);

    /// <summary>Sets the event and wakes the waiter.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref *_word, 1) == -1)
        {
            _ = syscall(SysFutex, _word, FutexWakePrivate, 1, null, null, 0);
        }
    }

    /// <summary>Waits for the event and resets it. One thread may wait at a time.</summary>
    /// <param name="nanoseconds">Longest wait; negative for no limit.</param>
    /// <returns>False if the time ran out.</returns>
    public bool Wait(long nanoseconds)
    {
        if (Interlocked.CompareExchange(ref *_word, -1, 0) == 0)
        {
            Timespec time = new(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
            _ = syscall(SysFutex, _word, FutexWaitPrivate, -1, nanoseconds < 0 ? null : &time, null, 0);
        }

        return Interlocked.Exchange(ref *_word, 0) == 1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_word);
        _word = null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, int* address, int operation, int value, Timespec* timeout, int* address2, int value3);

    private readonly record struct Timespec(long Seconds, long Nanoseconds);
}
