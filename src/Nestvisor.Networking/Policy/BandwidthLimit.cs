namespace Nestvisor.Networking.Policy;

/// <summary>Lets bytes through at an average rate, with bursts of at most a tenth of a second (a token bucket). Safe from any thread.</summary>
internal sealed class BandwidthLimit
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _bytesPerSecond;
    private readonly double _burst;
    private double _tokens;
    private long _filled;

    /// <summary>Creates a full bucket.</summary>
    /// <param name="bitsPerSecond">The rate, more than 0.</param>
    /// <param name="time">The clock.</param>
    public BandwidthLimit(long bitsPerSecond, TimeProvider time)
    {
        _time = time;
        _bytesPerSecond = bitsPerSecond / 8.0;
        _burst = _bytesPerSecond / 10;
        _tokens = _burst;
        _filled = time.GetTimestamp();
    }

    /// <summary>Takes bytes out, if the bucket is not empty; one packet may take more than is there, and the next waits for it.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="wait">Receives when to try again.</param>
    /// <returns>False if the bucket is empty.</returns>
    public bool TryTake(int bytes, out TimeSpan wait)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_filled, now).TotalSeconds * _bytesPerSecond));
            _filled = now;
            if (_tokens <= 0)
            {
                wait = TimeSpan.FromSeconds((1 - _tokens) / _bytesPerSecond);
                return false;
            }

            _tokens -= bytes;
            wait = TimeSpan.Zero;
            return true;
        }
    }

    /// <summary>Puts back what was taken for a packet that could not go.</summary>
    /// <param name="bytes">How many.</param>
    public void PutBack(int bytes)
    {
        lock (_lock)
        {
            _tokens += bytes;
        }
    }
}
