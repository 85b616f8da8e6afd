using Nestvisor.Storage;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>A disk in an array, which can fail on request.</summary>
internal sealed class MemoryDisk(int length, bool readOnly = false) : IDisk
{
    public byte[] Data { get; } = new byte[length];

    public bool Fails { get; set; }

    /// <summary>While set, every access waits for it.</summary>
    public ManualResetEventSlim? Gate { get; set; }

    public int Flushes { get; private set; }

    public long Length => Data.Length;

    public int SectorSize => 512;

    public bool IsReadOnly => readOnly;

    public bool CanDiscard => !readOnly;

    public void Read(long offset, Span<byte> target)
    {
        Check();
        Data.AsSpan((int)offset, target.Length).CopyTo(target);
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        Check();
        source.CopyTo(Data.AsSpan((int)offset));
    }

    public void WriteZeroes(long offset, long count, bool mayDiscard)
    {
        Check();
        Data.AsSpan((int)offset, (int)count).Clear();
    }

    public void Discard(long offset, long count) => WriteZeroes(offset, count, mayDiscard: true);

    public void Flush()
    {
        Check();
        Flushes++;
    }

    public void Dispose()
    {
    }

    private void Check()
    {
        Gate?.Wait();
        if (Fails)
        {
            throw new IOException("The test wants it so.");
        }
    }
}
