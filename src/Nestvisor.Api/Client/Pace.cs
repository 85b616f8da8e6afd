namespace Nestvisor.Api.Client;

/// <summary>
/// How often something is looked at while waiting: after an interval, and for at most a tenth of the time, since what is waited for
/// may need the same processor. In a virtual machine that is interpreted one question to the service can take most of a second, and a connection that fails several milliseconds.
/// </summary>
/// <param name="interval">The shortest rest between two looks.</param>
/// <param name="longest">The longest.</param>
public sealed class Pace(TimeSpan interval, TimeSpan longest)
{
    private const int Share = 10;

    private long _ended;
    private TimeSpan _rest;

    /// <summary>Whether it is time for the next look; at once for the first.</summary>
    public bool IsDue => Rest <= TimeSpan.Zero;

    /// <summary>The time until the next look.</summary>
    public TimeSpan Rest => _rest - TimeProvider.System.GetElapsedTime(_ended);

    /// <summary>Rests until the next look is due.</summary>
    /// <param name="cancellation">Ends the rest early.</param>
    /// <returns>The rest.</returns>
    public async Task RestAsync(CancellationToken cancellation = default)
    {
        if (Rest is { } rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A look has ended.</summary>
    /// <param name="began">When it began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    public void Looked(long began)
    {
        _ended = TimeProvider.System.GetTimestamp();
        TimeSpan wanted = TimeProvider.System.GetElapsedTime(began, _ended) * (Share - 1);
        _rest = wanted < interval ? interval : wanted > longest ? longest : wanted;
    }
}
