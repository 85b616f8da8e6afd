namespace Nestvisor.Management.Hosting;

/// <summary>Tells when the service has had nothing to do for a while.</summary>
internal sealed class IdleMonitor(TimeProvider time, TimeSpan timeout, Func<bool> isBusy)
{
    private long _lastUse = time.GetTimestamp();
    private int _requests;

    /// <summary>A request begins.</summary>
    public void Enter() => Interlocked.Increment(ref _requests);

    /// <summary>A request has been answered.</summary>
    public void Leave()
    {
        Volatile.Write(ref _lastUse, time.GetTimestamp());
        _ = Interlocked.Decrement(ref _requests);
    }

    /// <summary>Returns when there has been no request and nothing busy for the time-out; never if that is zero.</summary>
    public async Task WaitUntilIdleAsync(CancellationToken cancellation)
    {
        if (timeout == TimeSpan.Zero)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation).ConfigureAwait(false);
        }

        while (true)
        {
            if (Volatile.Read(ref _requests) > 0 || isBusy())
            {
                Volatile.Write(ref _lastUse, time.GetTimestamp());
            }

            TimeSpan rest = timeout - time.GetElapsedTime(Volatile.Read(ref _lastUse));
            if (rest <= TimeSpan.Zero)
            {
                return;
            }

            await Task.Delay(rest, time, cancellation).ConfigureAwait(false);
        }
    }
}
