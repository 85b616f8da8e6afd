namespace Nestvisor.Devices.Virtio;

/// <summary>
/// The thread that works on a device's queues, so that no virtual processor waits for the host's disks. Others stop it
/// between two requests with <see cref="Hold"/>.
/// </summary>
internal sealed class VirtioWorker : IDisposable
{
    private readonly object _gate = new();
    private readonly Action<ulong> _work;
    private readonly Thread _thread;
    private ulong _pending;
    private int _holds;
    private bool _working;
    private bool _disposed;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Its name; the kernel shows 15 characters.</param>
    /// <param name="work">What to do; gets the queues that may have work, as bits.</param>
    public VirtioWorker(string name, Action<ulong> work)
    {
        _work = work;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Whether somebody waits for the work to pause; the work should return soon.</summary>
    public bool IsHoldRequested => Volatile.Read(ref _holds) != 0;

    /// <summary>Asks for work on queues. Safe from any thread; does not block.</summary>
    public void Wake(ulong queues)
    {
        // Only the first bit since the worker last looked has to wake it: it takes them all at once.
        if (Interlocked.Or(ref _pending, queues) == 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Waits until no request is being worked on and starts no other before <see cref="Release"/>. Counts.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            Volatile.Write(ref _holds, _holds + 1);
            while (_working)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            Volatile.Write(ref _holds, _holds - 1);
            Monitor.PulseAll(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            ulong queues;
            lock (_gate)
            {
                _working = false;
                Monitor.PulseAll(_gate);
                while (!_disposed && (_holds != 0 || Volatile.Read(ref _pending) == 0))
                {
                    Monitor.Wait(_gate);
                }

                if (_disposed)
                {
                    return;
                }

                _working = true;
                queues = Interlocked.Exchange(ref _pending, 0);
            }

            _work(queues);
        }
    }
}
