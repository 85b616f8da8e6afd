using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Tests.Fakes;

/// <summary>
/// A file in memory that can lose its power: what was not flushed then is there or not, each change and each of its sectors by itself, whatever
/// the order.
/// </summary>
internal sealed class CrashFile(PageStore content, bool readOnly = false, bool canPunchHoles = true) : IDiskFile
{
    private const int Sector = 512;
    private readonly List<Change> _pending = [];
    private readonly Lock _lock = new();
    private PageStore _durable = content.Clone();

    /// <summary>Called before each change.</summary>
    public Action? BeforeChange { get; set; }

    /// <summary>All that is there if the power stays.</summary>
    public PageStore Content { get; } = content.Clone();

    public string Path => "crash.vhdx";

    public long Length => Content.Length;

    public bool IsReadOnly => readOnly;

    public bool CanPunchHoles => canPunchHoles;

    /// <summary>Bytes read and written, to find what never ends.</summary>
    public long Moved { get; private set; }

    /// <summary>What is there after a loss of power, if of the changes since the last flush those happened that chance wants.</summary>
    public PageStore Crash(Random random, double share)
    {
        lock (_lock)
        {
            PageStore store = _durable.Clone();
            foreach (Change change in _pending)
            {
                change.Apply(store, random, share);
            }

            return store;
        }
    }

    public void Read(long offset, Span<byte> target)
    {
        lock (_lock)
        {
            Moved += target.Length;
            Content.Read(offset, target);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> source) => Do(new Change(offset, source.ToArray(), 0, false));

    public void WriteZeroes(long offset, long length) => Do(new Change(offset, null, length, false));

    public bool TryPunchHole(long offset, long length)
    {
        if (canPunchHoles && length != 0)
        {
            Do(new Change(offset, null, length, false));
        }

        return canPunchHoles;
    }

    public bool IsHole(long offset, long length)
    {
        lock (_lock)
        {
            return canPunchHoles && Content.IsHole(offset, length);
        }
    }

    public void Reserve(long offset, long length)
    {
        if (offset + length > Length)
        {
            SetLength(offset + length);
        }
    }

    public void SetLength(long length) => Do(new Change(0, null, length, true));

    public void Flush()
    {
        BeforeChange?.Invoke();
        lock (_lock)
        {
            _durable = Content.Clone();
            _pending.Clear();
        }
    }

    public void Dispose()
    {
    }

    private void Do(Change change)
    {
        Assert.False(readOnly);
        BeforeChange?.Invoke();
        lock (_lock)
        {
            Moved += change.Data?.Length ?? 0;
            _pending.Add(change);
            change.Apply(Content, null, 1);
        }
    }

    private sealed record Change(long Offset, byte[]? Data, long Length, bool IsLength)
    {
        public void Apply(PageStore store, Random? random, double share)
        {
            if (random is not null && Data is null && random.NextDouble() >= share)
            {
                return;
            }

            if (IsLength)
            {
                store.SetLength(Length);
            }
            else if (Data is null)
            {
                store.Clear(Offset, Length);
            }
            else if (random is null)
            {
                store.Write(Offset, Data);
            }
            else
            {
                // A disk writes a sector as a whole, and nothing more.
                for (int i = 0; i < Data.Length;)
                {
                    int count = (int)Math.Min(Data.Length - i, Sector - ((Offset + i) % Sector));
                    if (random.NextDouble() < share)
                    {
                        store.Write(Offset + i, Data.AsSpan(i, count));
                    }

                    i += count;
                }
            }
        }
    }
}
