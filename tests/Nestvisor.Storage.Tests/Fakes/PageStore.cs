namespace Nestvisor.Storage.Tests.Fakes;

/// <summary>The bytes of a sparse file. Copies share what they have in common.</summary>
internal sealed class PageStore
{
    private const int PageSize = 4096;
    private readonly Dictionary<long, byte[]> _pages;

    public PageStore()
        : this([], 0)
    {
    }

    private PageStore(Dictionary<long, byte[]> pages, long length)
    {
        _pages = pages;
        Length = length;
    }

    public long Length { get; private set; }

    public static PageStore FromFile(string path)
    {
        PageStore store = new();
        using FileStream file = File.OpenRead(path);
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = file.Read(buffer)) != 0;)
        {
            if (buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                store.Write(file.Position - count, buffer.AsSpan(0, count));
            }
        }

        store.SetLength(file.Length);
        return store;
    }

    public void Save(string path)
    {
        using FileStream file = new(path, FileMode.Create);
        file.SetLength(Length);
        foreach ((long page, byte[] bytes) in _pages)
        {
            file.Position = page * PageSize;
            file.Write(bytes, 0, (int)Math.Min(PageSize, Length - file.Position));
        }
    }

    public PageStore Clone() => new(new Dictionary<long, byte[]>(_pages), Length);

    public void Read(long offset, Span<byte> target)
    {
        if (offset < 0 || offset > Length - target.Length)
        {
            throw new IOException("The file ends before.");
        }

        while (!target.IsEmpty)
        {
            int inside = (int)(offset % PageSize);
            int count = Math.Min(target.Length, PageSize - inside);
            if (_pages.TryGetValue(offset / PageSize, out byte[]? page))
            {
                page.AsSpan(inside, count).CopyTo(target);
            }
            else
            {
                target[..count].Clear();
            }

            offset += count;
            target = target[count..];
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        Length = Math.Max(Length, offset + source.Length);
        while (!source.IsEmpty)
        {
            int inside = (int)(offset % PageSize);
            int count = Math.Min(source.Length, PageSize - inside);
            byte[] page = new byte[PageSize];
            if (_pages.TryGetValue(offset / PageSize, out byte[]? old))
            {
                old.CopyTo(page, 0);
            }

            source[..count].CopyTo(page.AsSpan(inside));
            _pages[offset / PageSize] = page;
            offset += count;
            source = source[count..];
        }
    }

    public void Clear(long offset, long length)
    {
        long end = Math.Min(offset + length, Length);
        foreach (long page in _pages.Keys.Where(page => (page + 1) * PageSize > offset && page * PageSize < end).ToList())
        {
            long from = Math.Max(offset, page * PageSize), to = Math.Min(end, (page + 1) * PageSize);
            if (to - from == PageSize)
            {
                _ = _pages.Remove(page);
            }
            else
            {
                Write(from, new byte[to - from]);
            }
        }
    }

    public bool IsHole(long offset, long length) => !_pages.Keys.Any(page => (page + 1) * PageSize > offset && page * PageSize < offset + length);

    public void SetLength(long length)
    {
        if (length < Length)
        {
            Clear(length, Length - length);
        }

        Length = length;
    }
}
