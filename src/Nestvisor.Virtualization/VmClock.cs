using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Nestvisor.Platform;

namespace Nestvisor.Virtualization;

/// <summary>
/// The one source of time of a virtual machine, in nanoseconds since it was first started. Devices, APICs and the
/// time-stamp counter derive from it, so that all of them pause, resume and restore together.
/// </summary>
public sealed class VmClock : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Entry, long> _queue = new();
    private readonly PreciseEvent _wake = new();
    private readonly Thread? _thread;
    private long _offset;
    private long _frozenAt;
    private bool _running;
    private bool _disposed;
    private bool _firing;

    private VmClock(bool manual)
    {
        if (!manual)
        {
            _thread = new Thread(RunTimers) { IsBackground = true, Name = "vm-clock" };
            _thread.Start();
        }
    }

    /// <summary>Creates a clock that follows the host's monotonic clock while it runs. It starts stopped at 0.</summary>
    /// <returns>The clock.</returns>
    public static VmClock CreateHost() => new(manual: false);

    /// <summary>Creates a clock that moves only by <see cref="Advance"/>, for tests.</summary>
    /// <returns>The clock.</returns>
    public static VmClock CreateManual() => new(manual: true);

    /// <summary>Nanoseconds the machine has run.</summary>
    public long Now => Volatile.Read(ref _running) ? HostNow() + Volatile.Read(ref _offset) : Volatile.Read(ref _frozenAt);

    /// <summary>Whether time passes.</summary>
    public bool IsRunning => Volatile.Read(ref _running);

    /// <summary>Lets time pass.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_thread is not null && !_running)
            {
                Volatile.Write(ref _offset, _frozenAt - HostNow());
                Volatile.Write(ref _running, true);
                _wake.Set();
            }
        }
    }

    /// <summary>
    /// Freezes time. When it returns no timer's callback runs, so that what they change can be saved; the caller holds no lock that
    /// a callback takes.
    /// </summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_running)
            {
                Volatile.Write(ref _frozenAt, Now);
                Volatile.Write(ref _running, false);
            }
        }

        Interlocked.MemoryBarrier();
        SpinWait wait = default;
        while (Volatile.Read(ref _firing) && Thread.CurrentThread != _thread)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Sets a stopped clock, as a restore does.</summary>
    /// <param name="nanoseconds">The new time.</param>
    /// <exception cref="InvalidOperationException">The clock runs.</exception>
    public void Set(long nanoseconds)
    {
        lock (_lock)
        {
            if (_running)
            {
                throw new InvalidOperationException("The clock can be set only while it is stopped.");
            }

            _frozenAt = nanoseconds;
        }
    }

    /// <summary>Moves a manual clock on and runs the timers that come due, in order.</summary>
    /// <param name="nanoseconds">By how much.</param>
    public void Advance(long nanoseconds)
    {
        long target = _frozenAt + nanoseconds;
        while (TakeDue(target, out VmTimer? timer, out long deadline))
        {
            _frozenAt = Math.Max(_frozenAt, deadline);
            timer.Fire();
        }

        _frozenAt = target;
    }

    /// <summary>Creates a timer.</summary>
    /// <param name="callback">What to call when it comes due: on the clock's thread, so it must be short and must not block.</param>
    /// <returns>The timer, not armed.</returns>
    public VmTimer CreateTimer(Action callback) => new(this, callback);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _wake.Set();
        }

        if (_thread is not null && _thread != Thread.CurrentThread)
        {
            _thread.Join();
        }

        _wake.Dispose();
    }

    internal void Arm(VmTimer timer, long deadline)
    {
        lock (_lock)
        {
            // A guest may arm a distant timer again and again: what it replaces must not stay behind in the queue.
            if (timer.DeadlineValue != VmTimer.Never)
            {
                _queue.Remove(new Entry(timer, timer.Generation), out _, out _);
            }

            timer.Generation++;
            timer.DeadlineValue = deadline;
            if (deadline == VmTimer.Never)
            {
                return;
            }

            bool first = !_queue.TryPeek(out _, out long earliest) || deadline < earliest;
            _queue.Enqueue(new Entry(timer, timer.Generation), deadline);
            if (first)
            {
                _wake.Set();
            }
        }
    }

    private static long HostNow() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private bool TakeDue(long now, [NotNullWhen(true)] out VmTimer? timer, out long deadline)
    {
        lock (_lock)
        {
            while (_queue.TryPeek(out Entry entry, out deadline))
            {
                if (entry.Generation != entry.Timer.Generation)
                {
                    _queue.Dequeue();
                    continue;
                }

                if (deadline > now)
                {
                    break;
                }

                _queue.Dequeue();
                timer = entry.Timer;
                timer.DeadlineValue = VmTimer.Never;
                return true;
            }

            timer = null;
            deadline = VmTimer.Never;
            return false;
        }
    }

    private void RunTimers()
    {
        while (true)
        {
            if (Volatile.Read(ref _disposed))
            {
                return;
            }

            if (!IsRunning)
            {
                _wake.Wait(-1);
                continue;
            }

            Volatile.Write(ref _firing, true);
            Interlocked.MemoryBarrier();
            while (IsRunning && TakeDue(Now, out VmTimer? timer, out _))
            {
                timer.Fire();
            }

            Volatile.Write(ref _firing, false);
            long next;
            lock (_lock)
            {
                next = _queue.TryPeek(out _, out long deadline) ? deadline : VmTimer.Never;
            }

            WaitUntil(next);
        }
    }

    private void WaitUntil(long deadline)
    {
        long wait = deadline == VmTimer.Never ? -1 : deadline - Now;
        if (deadline == VmTimer.Never || wait > 0)
        {
            _wake.Wait(wait);
        }
    }

    private readonly record struct Entry(VmTimer Timer, long Generation);
}
