namespace Nestvisor.Devices.Virtio;

/// <summary>
/// A thread that works on a device's queues, so that no virtual processor waits for the host's disks and networks. Others stop it
/// between two requests with <see cref="Hold"/>.
/// </summary>
internal sealed class VirtioWorker : IDisposable
{
    private readonly object _gate = new();
    private readonly Action<VirtioWorker, ulong> _work;
    private readonly Thread _thread;
    private readonly WorkerPoll _poll = new();
    private ulong _pending;
    private int _holds;
    private bool _working;
    private bool _stopped;

    /// <summary>Makes the thread; <see cref="Start"/> lets it run.</summary>
    /// <param name="name">Its name; the kernel shows 15 characters.</param>
    /// <param name="work">What to do; gets this worker and the queues that may have work, as bits.</param>
    public VirtioWorker(string name, Action<VirtioWorker, ulong> work)
    {
        _work = work;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Whether somebody waits for the work to pause; the work should return soon.</summary>
    public bool IsHoldRequested => Volatile.Read(ref _holds) != 0;

    /// <summary>Takes an arrival at a descriptor as work on queues. Before <see cref="Start"/>.</summary>
    /// <param name="descriptor">The descriptor, which must stay open as long as the worker.</param>
    /// <param name="queues">The queues, as bits.</param>
    public void Watch(int descriptor, ulong queues) => _poll.Watch(descriptor, queues);

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Asks for work on queues. Safe from any thread; does not block.</summary>
    public void Wake(ulong queues)
    {
        // Only the first bit since the worker last looked has to wake it: it takes them all at once.
        if (queues != 0 && Interlocked.Or(ref _pending, queues) == 0)
        {
            _poll.Ring();
        }
    }

    /// <summary>Keeps work on queues for the next turn. Only from the work itself.</summary>
    public void Keep(ulong queues) => Interlocked.Or(ref _pending, queues);

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

    /// <summary>Ends the thread. <see cref="Wake"/> stays harmless until <see cref="Dispose"/>.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        _poll.Ring();
        _thread.Join();
    }

    public void Dispose()
    {
        Stop();
        _poll.Dispose();
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
            }

            // What is left of the last turn does not keep the other queues waiting.
            _ = Interlocked.Or(ref _pending, _poll.Wait(noLonger: Volatile.Read(ref _pending) != 0 || Volatile.Read(ref _stopped)));
            lock (_gate)
            {
                while (!_stopped && _holds != 0)
                {
                    Monitor.Wait(_gate);
                }

                if (_stopped)
                {
                    return;
                }

                _working = true;
                queues = Interlocked.Exchange(ref _pending, 0);
            }

            _work(this, queues);
        }
    }
}
