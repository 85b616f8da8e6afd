using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Apic;

/// <summary>
/// The local APIC's timer (Intel SDM vol. 3 §11.5.4) on the VM's clock: the bus clock and the TSC both run at 1 GHz.
/// </summary>
/// <remarks>
/// Either the clock's thread or the processor that polls may find the deadline passed. Whoever takes the lock first consumes
/// it; the other then finds a later deadline or none. So an expiry is neither lost nor doubled, however often the
/// processor arms anew while a callback is on its way.
/// </remarks>
internal sealed class ApicTimer
{
    /// <summary>
    /// Shortest time between two periodic expiries, in ns. A guest may ask for a period of 1 ns; what lies between
    /// two looks would fall into the same IRR bit, so it is only counted.
    /// </summary>
    public const long ShortestPeriod = 20_000;

    public const int OneShot = 0;
    public const int Periodic = 1;
    public const int Deadline = 2;

    private readonly Lock _lock = new();
    private readonly VmClock _clock;
    private readonly VmTimer _timer;
    private readonly Action _expired;
    private long _deadline = VmTimer.Never;
    private int _mode;
    private uint _initialCount;
    private uint _divideConfiguration;
    private ulong _tscDeadline;
    private long _tscOffset;

    /// <summary>Creates the timer, stopped.</summary>
    /// <param name="clock">The VM's clock.</param>
    /// <param name="expired">What to call, on any thread, when it expires.</param>
    public ApicTimer(VmClock clock, Action expired)
    {
        _clock = clock;
        _expired = expired;
        _timer = clock.CreateTimer(Expire);
    }

    /// <summary>When it expires next, in the clock's ns; <see cref="VmTimer.Never"/> if it does not run.</summary>
    public long NextExpiry => Volatile.Read(ref _deadline);

    /// <summary>Timer mode, bits 18:17 of the LVT entry.</summary>
    public int Mode
    {
        get => _mode;
        set
        {
            lock (_lock)
            {
                // An expiry that is due belongs to the old mode, even if the clock's thread is late.
                Poll();

                // Leaving or entering TSC-deadline mode disarms (§11.5.4.1); one-shot and periodic share the running count.
                if ((value >= Deadline) != (_mode >= Deadline) || value > Deadline)
                {
                    _initialCount = 0;
                    _tscDeadline = 0;
                    Arm(VmTimer.Never);
                }

                _mode = value;
            }
        }
    }

    /// <summary>Initial-count register. Writing it starts the count; 0 stops it. Ignored in TSC-deadline mode.</summary>
    public uint InitialCount
    {
        get => _initialCount;
        set
        {
            lock (_lock)
            {
                if (_mode < Deadline)
                {
                    _initialCount = value;
                    Arm(value == 0 ? VmTimer.Never : _clock.Now + Period);
                }
            }
        }
    }

    /// <summary>Current-count register.</summary>
    public uint CurrentCount
    {
        get
        {
            lock (_lock)
            {
                return _mode < Deadline ? CountAt(_clock.Now) : 0;
            }
        }
    }

    /// <summary>Divide-configuration register. A running count goes on at the new rate.</summary>
    public uint DivideConfiguration
    {
        get => _divideConfiguration;
        set
        {
            lock (_lock)
            {
                long now = _clock.Now;
                uint count = _mode < Deadline ? CountAt(now) : 0;
                _divideConfiguration = value & 0xB;
                if (count != 0)
                {
                    Arm(now + (count * Divisor));
                }
            }
        }
    }

    /// <summary>IA32_TSC_DEADLINE: 0 when not armed. Writes are ignored in the other modes.</summary>
    public ulong TscDeadline
    {
        get => Volatile.Read(ref _tscDeadline);
        set
        {
            lock (_lock)
            {
                if (_mode == Deadline)
                {
                    _tscDeadline = value;
                    ArmTscDeadline();

                    // A deadline in the past interrupts at once, without a way through the clock's thread.
                    Poll();
                }
            }
        }
    }

    /// <summary>Guest TSC minus the clock's nanoseconds. A change moves an armed TSC deadline along.</summary>
    public long TscOffset
    {
        get => _tscOffset;
        set
        {
            lock (_lock)
            {
                _tscOffset = value;
                if (_mode == Deadline)
                {
                    ArmTscDeadline();
                }
            }
        }
    }

    private int Divisor => 1 << ((((int)(_divideConfiguration & 3) | ((int)(_divideConfiguration >> 1) & 4)) + 1) & 7);

    private long Period => (long)_initialCount * Divisor;

    /// <summary>Expires a timer that is due. The processor calls it when it looks at its events, to save a thread switch.</summary>
    public void Poll()
    {
        long deadline = Volatile.Read(ref _deadline);
        if (deadline != VmTimer.Never && deadline <= _clock.Now)
        {
            Expire();
        }
    }

    /// <summary>Stops the timer; registers as after reset.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _mode = OneShot;
            _initialCount = 0;
            _divideConfiguration = 0;
            _tscDeadline = 0;
            Arm(VmTimer.Never);
        }
    }

    /// <summary>Replaces the registers, with the count still to go.</summary>
    public void Restore(int mode, uint divideConfiguration, uint initialCount, uint currentCount, ulong tscDeadline)
    {
        lock (_lock)
        {
            _mode = mode;
            _divideConfiguration = divideConfiguration & 0xB;
            _initialCount = initialCount;
            _tscDeadline = 0;
            Arm(mode < Deadline && currentCount != 0 ? _clock.Now + ((long)currentCount * Divisor) : VmTimer.Never);
            if (mode == Deadline)
            {
                _tscDeadline = tscDeadline;
                ArmTscDeadline();
            }
        }
    }

    /// <summary>Sets the exact time of the next expiry of a restored timer.</summary>
    public void RestoreExpiry(long deadline)
    {
        lock (_lock)
        {
            Arm(deadline);
        }
    }

    private uint CountAt(long now)
    {
        if (_deadline == VmTimer.Never || _initialCount == 0)
        {
            return 0;
        }

        long left = _deadline - now;
        if (_mode == Periodic)
        {
            // Folds the skipped periods of a very short one, and a period that has ended but is not yet consumed.
            left %= Period;
            left += left <= 0 ? Period : 0;
        }

        return left <= 0 ? 0 : (uint)((left + Divisor - 1) / Divisor);
    }

    private void Expire()
    {
        lock (_lock)
        {
            long now = _clock.Now;
            if (_deadline == VmTimer.Never || now < _deadline)
            {
                return;
            }

            if (_mode == Periodic && _initialCount != 0)
            {
                // The phase is kept; periods that were missed are one interrupt, as they would share one IRR bit.
                long period = Period;
                long earliest = now + (period < ShortestPeriod ? ShortestPeriod : 1);
                Arm(_deadline + ((earliest - _deadline + period - 1) / period * period));
            }
            else
            {
                _tscDeadline = 0;
                Arm(VmTimer.Never);
            }

            // Under the lock: once a write that disarms has returned, no interrupt follows.
            _expired();
        }
    }

    private void ArmTscDeadline()
    {
        if (_tscDeadline == 0)
        {
            Arm(VmTimer.Never);
            return;
        }

        long now = _clock.Now;
        ulong tsc = (ulong)(now + _tscOffset);
        ulong left = _tscDeadline > tsc ? _tscDeadline - tsc : 0;
        Arm(left < (ulong)(VmTimer.Never - now) ? now + (long)left : VmTimer.Never - 1);
    }

    private void Arm(long deadline)
    {
        Volatile.Write(ref _deadline, deadline);
        if (deadline != _timer.Deadline)
        {
            _timer.Set(deadline);
        }
    }
}
