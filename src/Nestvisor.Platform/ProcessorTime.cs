using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Processor time (clock_gettime(2)).</summary>
public static unsafe partial class ProcessorTime
{
    private const int ProcessClock = 2;
    private const int ThreadClock = 3;

    /// <summary>Processor time of the whole process.</summary>
    /// <returns>Nanoseconds.</returns>
    public static long OfProcess() => Read(ProcessClock);

    /// <summary>Processor time of the calling thread.</summary>
    /// <returns>Nanoseconds.</returns>
    public static long OfThread() => Read(ThreadClock);

    private static long Read(int clock)
    {
        Timespec time;
        return clock_gettime(clock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, Timespec* time);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
