using System.Diagnostics;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software;

/// <summary>
/// Estimates what the processors' time goes to. Processors go in and out of native code millions of times a second, too often
/// to read a clock each time; so they only note what they do, and a thread looks at the notes. It sleeps while all processors do.
/// </summary>
internal sealed class TimeSampler : IDisposable
{
    // No multiple of a usual timer tick, which would show the same moment of each.
    private const long PeriodNanoseconds = 4_700_000;

    // A host that was suspended, or a worker that was stopped, has spent no time on anything.
    private const int MostPeriods = 20;

    private static readonly long s_period = PeriodNanoseconds * Stopwatch.Frequency / 1_000_000_000;

    private readonly SoftwarePartition _partition;
    private readonly PreciseEvent _wake = new();

    // Not the shared one, which might open its source only after the lock-down.
    private readonly Random _random = new();
    private readonly Thread _thread;
    private int _parked;
    private bool _ends;

    /// <summary>Starts the thread.</summary>
    /// <param name="partition">Whose processors are looked at.</param>
    public TimeSampler(SoftwarePartition partition)
    {
        _partition = partition;
        _thread = new Thread(Run, 256 << 10) { IsBackground = true, Name = "vp-times" };
        _thread.Start();
    }

    /// <summary>A processor has something to do again. Any thread; after it is counted as awake.</summary>
    public void NoteAwake()
    {
        if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
        {
            _wake.Set();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _ends, true);
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (Park())
        {
            // From a random moment of the first period on, each moment is as likely to be looked at as any other, the first
            // ones after a sleep too.
            _wake.Wait(_random.NextInt64(1, PeriodNanoseconds));
            long last = Stopwatch.GetTimestamp() - s_period;
            while (true)
            {
                long now = Stopwatch.GetTimestamp();
                long time = Math.Min(now - last, MostPeriods * s_period);
                foreach (SoftwareProcessor processor in _partition.All)
                {
                    processor.TakeSample(time);
                }

                if (!_partition.IsAnyAwake || Volatile.Read(ref _ends))
                {
                    break;
                }

                last = now;
                _wake.Wait(PeriodNanoseconds);
            }
        }
    }

    // Until a processor is awake; false at the end. Who wakes up looks at the mark after it is counted, and here the count is
    // looked at after the mark is set.
    private bool Park()
    {
        Interlocked.Exchange(ref _parked, 1);
        if (!_partition.IsAnyAwake && !Volatile.Read(ref _ends))
        {
            _wake.Wait(-1);
        }

        Volatile.Write(ref _parked, 0);
        return !Volatile.Read(ref _ends);
    }
}
