using System.Diagnostics;
using Nestvisor.Platform;

namespace Nestvisor.Worker.Running;

/// <summary>Share of the virtual processors' capacity that the process used since the meter was last read.</summary>
internal sealed class CpuMeter(int processors)
{
    private const long ShortestInterval = 100_000_000;

    private readonly Lock _lock = new();
    private long _time = Stopwatch.GetTimestamp();
    private long _used = ProcessorTime.OfProcess();
    private int _percent;

    /// <summary>Reads the meter. Two questions in quick succession get the same answer.</summary>
    /// <returns>0 to 100.</returns>
    public int Read()
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            long elapsed = (long)Stopwatch.GetElapsedTime(_time, now).TotalNanoseconds;
            if (elapsed >= ShortestInterval)
            {
                long used = ProcessorTime.OfProcess();
                _percent = (int)Math.Clamp((used - _used) * 100 / (elapsed * processors), 0, 100);
                _time = now;
                _used = used;
            }

            return _percent;
        }
    }
}
