namespace Nestvisor.Devices.Chipset;

/// <summary>The ten time-of-day bytes of the real-time clock, in binary and with a 24-hour hour.</summary>
internal readonly record struct RtcTime(int Second, int Minute, int Hour, int Weekday, int Day, int Month, int Year)
{
    /// <summary>The time of day at a number of seconds since 1970.</summary>
    public static RtcTime FromUnixSeconds(long seconds)
    {
        DateTime time = DateTime.UnixEpoch.AddSeconds(Math.Clamp(seconds, 0, 253402300799));
        return new(time.Second, time.Minute, time.Hour, (int)time.DayOfWeek + 1, time.Day, time.Month, time.Year);
    }

    /// <summary>Seconds since 1970. The guest may have written nonsense, which is brought into range.</summary>
    public long ToUnixSeconds()
    {
        int year = Math.Clamp(Year, 1970, 9998);
        int month = Math.Clamp(Month, 1, 12);
        int day = Math.Clamp(Day, 1, DateTime.DaysInMonth(year, month));
        DateTime time = new(year, month, day, Math.Clamp(Hour, 0, 23), Math.Clamp(Minute, 0, 59), Math.Clamp(Second, 0, 59), DateTimeKind.Utc);
        return (long)(time - DateTime.UnixEpoch).TotalSeconds;
    }
}
