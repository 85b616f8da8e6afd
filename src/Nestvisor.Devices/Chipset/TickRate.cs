namespace Nestvisor.Devices.Chipset;

/// <summary>Converts between the clock's nanoseconds and a counter's ticks without overflow or drift.</summary>
/// <param name="Frequency">Ticks a second, below 2^32.</param>
internal readonly record struct TickRate(ulong Frequency)
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Whole ticks in a time, rounded down.</summary>
    public ulong ToTicks(long nanoseconds)
    {
        ulong time = (ulong)Math.Max(nanoseconds, 0);
        return (time / NanosecondsPerSecond * Frequency) + (time % NanosecondsPerSecond * Frequency / NanosecondsPerSecond);
    }

    /// <summary>The first nanosecond by which that many ticks have passed.</summary>
    public long ToNanoseconds(ulong ticks) =>
        (long)((ticks / Frequency * NanosecondsPerSecond)
            + (((ticks % Frequency * NanosecondsPerSecond) + Frequency - 1) / Frequency));
}
