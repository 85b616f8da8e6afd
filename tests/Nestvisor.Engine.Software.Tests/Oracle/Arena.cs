namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// The memory that operands are aimed at, the same for the host and the interpreter, below 2 GiB:
/// a page that faults, two writable ones, one read-only, one that faults, one writable, one that faults.
/// </summary>
internal static unsafe class Arena
{
    public const int PageSize = 4096;
    public const int PageCount = 7;
    public const int Bytes = PageSize * PageCount;
    private const int Margin = 1 << 20;
    private const string Layout = "-WWR-W-";
    private static readonly byte* s_start = Create();

    public static ulong Start => (ulong)s_start;

    /// <summary>Whether an access of the page is allowed. Pages outside are not there.</summary>
    public static bool IsAllowed(ulong address, bool write)
    {
        ulong offset = address - Start;
        return offset < Bytes && (Layout[(int)(offset / PageSize)] == 'W' || (!write && Layout[(int)(offset / PageSize)] == 'R'));
    }

    /// <summary>Whether an address is in the arena or so near that nothing else is there.</summary>
    public static bool IsNear(ulong address) => address - Start + Margin < Bytes + (2UL * Margin);

    /// <summary>Whether the page is there, with whatever rights.</summary>
    public static bool IsPresent(ulong address) => IsAllowed(address, false);

    /// <summary>Fills the writable pages from a source of <see cref="Bytes"/>.</summary>
    public static void Restore(ReadOnlySpan<byte> source)
    {
        for (int i = 0; i < PageCount; i++)
        {
            if (Layout[i] == 'W')
            {
                source.Slice(i * PageSize, PageSize).CopyTo(Page(i));
            }
        }
    }

    /// <summary>Copies the writable pages out.</summary>
    public static void Save(Span<byte> target)
    {
        for (int i = 0; i < PageCount; i++)
        {
            if (Layout[i] == 'W')
            {
                Page(i).CopyTo(target.Slice(i * PageSize, PageSize));
            }
        }
    }

    /// <summary>Offset of the first byte of the writable pages that differs, or -1.</summary>
    public static int FirstDifference(ReadOnlySpan<byte> other)
    {
        for (int i = 0; i < PageCount; i++)
        {
            if (Layout[i] == 'W')
            {
                ReadOnlySpan<byte> page = Page(i);
                int same = page.CommonPrefixLength(other.Slice(i * PageSize, PageSize));
                if (same < PageSize)
                {
                    return (i * PageSize) + same;
                }
            }
        }

        return -1;
    }

    /// <summary>Rewrites the read-only page too.</summary>
    public static void Fill(ReadOnlySpan<byte> source)
    {
        int readOnly = Layout.IndexOf('R', StringComparison.Ordinal);
        HostCalls.Protect(s_start + (readOnly * PageSize), PageSize, HostCalls.ReadWrite);
        source.Slice(readOnly * PageSize, PageSize).CopyTo(Page(readOnly));
        HostCalls.Protect(s_start + (readOnly * PageSize), PageSize, HostCalls.Read);
        Restore(source);
    }

    /// <summary>An address for an operand: mostly well inside, sometimes over the edges of pages.</summary>
    public static ulong RandomAddress(Random random, int size)
    {
        int kind = random.Next(100);
        if (kind < 75)
        {
            int offset = PageSize + random.Next((2 * PageSize) - size);
            return Start + (ulong)(random.Next(3) == 0 ? offset & ~15 : offset);
        }

        if (kind < 78)
        {
            // Not canonical.
            return 0x0000_8000_0000_0000UL + (ulong)random.NextInt64(1L << 40);
        }

        // Around the edge of a page.
        int page = random.Next(PageCount + 1);
        return Start + (ulong)(page * PageSize) - (ulong)random.Next((2 * size) + 1);
    }

    private static Span<byte> Page(int number) => new(s_start + (number * PageSize), PageSize);

    private static byte* Create()
    {
        // Nothing else lies near, where operands of the host's runs might hit it.
        byte* start = HostCalls.Map(Bytes + (2 * Margin), HostCalls.None) + Margin;
        HostCalls.Protect(start, Bytes, HostCalls.ReadWrite);
        new Span<byte>(start, Bytes).Fill(0xCC);
        for (int i = 0; i < PageCount; i++)
        {
            HostCalls.Protect(start + (i * PageSize), PageSize, Layout[i] switch
            {
                'W' => HostCalls.ReadWrite,
                'R' => HostCalls.Read,
                _ => HostCalls.None,
            });
        }

        return start;
    }
}
