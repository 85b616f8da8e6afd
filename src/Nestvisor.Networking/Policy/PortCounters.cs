namespace Nestvisor.Networking.Policy;

/// <summary>The counters of a port. Safe from any thread.</summary>
public sealed class PortCounters
{
    private readonly long[] _values = new long[Enum.GetValues<PortCounter>().Length];

    /// <summary>Reads a counter.</summary>
    /// <param name="counter">Which.</param>
    /// <returns>Its value since the port was made.</returns>
    public long this[PortCounter counter] => Interlocked.Read(ref _values[(int)counter]);

    internal void Count(PortCounter counter, long by = 1) => Interlocked.Add(ref _values[(int)counter], by);
}
