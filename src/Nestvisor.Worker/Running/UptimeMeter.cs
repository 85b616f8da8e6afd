using System.Diagnostics;

namespace Nestvisor.Worker.Running;

/// <summary>How long a machine has run, pauses left out. Safe from any thread.</summary>
internal sealed class UptimeMeter
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = new();

    public long Milliseconds
    {
        get
        {
            lock (_lock)
            {
                return _watch.ElapsedMilliseconds;
            }
        }
    }

    public void Start()
    {
        lock (_lock)
        {
            _watch.Start();
        }
    }

    public void Stop()
    {
        lock (_lock)
        {
            _watch.Stop();
        }
    }
}
