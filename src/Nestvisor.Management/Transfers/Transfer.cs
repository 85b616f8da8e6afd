namespace Nestvisor.Management.Transfers;

/// <summary>How far an export or import is.</summary>
internal sealed class Transfer(CancellationToken cancellation)
{
    private long _expected;
    private long _done;

    /// <summary>Ends it.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Share of the bytes that are copied, 0 to 100.</summary>
    public int Percent
    {
        get
        {
            long expected = Interlocked.Read(ref _expected);
            return expected == 0 ? 0 : (int)Math.Min(100, Interlocked.Read(ref _done) * 100.0 / expected);
        }
    }

    /// <summary>So many bytes more will be copied.</summary>
    public void Expect(long bytes) => Interlocked.Add(ref _expected, bytes);

    /// <summary>So many bytes more have been copied.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _done, bytes);
}
