namespace Nestvisor.Worker.Control;

/// <summary>Counts what is under way, so that the end can wait for it.</summary>
internal sealed class PendingWork
{
    private readonly object _gate = new();
    private int _count;

    /// <summary>Begins a piece of work; dispose the result when it is done.</summary>
    public IDisposable Enter()
    {
        lock (_gate)
        {
            _count++;
        }

        return new Piece(this);
    }

    /// <summary>Waits until nothing is under way, or the time is up.</summary>
    public void AwaitNone(TimeSpan limit)
    {
        long deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_gate)
        {
            while (_count != 0 && deadline - Environment.TickCount64 is > 0 and var left)
            {
                Monitor.Wait(_gate, (int)left);
            }
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _count--;
            Monitor.PulseAll(_gate);
        }
    }

    private sealed class Piece(PendingWork owner) : IDisposable
    {
        public void Dispose() => owner.Leave();
    }
}
