namespace Nestvisor.Virtualization;

/// <summary>A one-shot timer on a <see cref="VmClock"/>.</summary>
public sealed class VmTimer
{
    /// <summary>The deadline of a timer that is not armed.</summary>
    public const long Never = long.MaxValue;

    private readonly VmClock _clock;
    private readonly Action _callback;

    internal VmTimer(VmClock clock, Action callback)
    {
        _clock = clock;
        _callback = callback;
        DeadlineValue = Never;
    }

    /// <summary>When it comes due, in the clock's nanoseconds; <see cref="Never"/> if it is not armed.</summary>
    public long Deadline => Volatile.Read(ref DeadlineValue);

    /// <summary>Arms the timer, or arms it anew.</summary>
    /// <param name="deadline">The clock's nanoseconds; a past one comes due at once.</param>
    public void Set(long deadline) => _clock.Arm(this, deadline);

    /// <summary>Disarms the timer. A callback that has begun goes on.</summary>
    public void Cancel() => _clock.Arm(this, Never);

    internal long DeadlineValue;

    internal long Generation;

    internal void Fire() => _callback();
}
