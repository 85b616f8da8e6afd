using System.Diagnostics;

namespace Nestvisor.Engine.Software;

/// <summary>
/// The time that something rare has taken. While it goes on, its start is subtracted from the sum: one word tells both, and a
/// reader on another thread never sees them apart. The clock counts from the host's start, so that the difference is negative.
/// </summary>
internal struct ExactTime
{
    private long _ticks;

    /// <summary>It begins. Own thread.</summary>
    public void Begin() => Volatile.Write(ref _ticks, _ticks - Stopwatch.GetTimestamp());

    /// <summary>It ends. Own thread.</summary>
    public void End() => Volatile.Write(ref _ticks, _ticks + Stopwatch.GetTimestamp());

    /// <summary>The time until now, in the clock's ticks. Any thread.</summary>
    public long Read()
    {
        long ticks = Volatile.Read(ref _ticks);
        return ticks < 0 ? ticks + Stopwatch.GetTimestamp() : ticks;
    }
}
