using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>A file that is not changed, as it will be when its log has been carried out.</summary>
internal sealed class VhdxOverlayFile(IDiskFile file, long length) : IDiskFile
{
    private readonly SortedDictionary<long, byte[]> _sectors = [];
    private readonly List<(long Start, long End)> _zeros = [];
    private long[] _places = [];

    /// <inheritdoc/>
    public string Path => file.Path;

    /// <inheritdoc/>
    public long Length { get; } = length;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public bool CanPunchHoles => false;

    /// <summary>One sector is replaced.</summary>
    public void AddSector(long offset, byte[] sector)
    {
        _sectors[offset] = sector;
        _places = [];
    }

    /// <summary>A range becomes zeros.</summary>
    public void AddZeros(long offset, long count)
    {
        List<long> hidden = [.. _sectors.Keys.Where(place => place >= offset && place < offset + count)];
        hidden.ForEach(place => _sectors.Remove(place));
        _zeros.Add((offset, offset + count));
        _places = [];
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        if (offset > Length - target.Length)
        {
            throw new IOException($"The disk file '{Path}' ends before byte {offset + target.Length}.");
        }

        int stored = (int)Math.Clamp(file.Length - offset, 0, target.Length);
        file.Read(offset, target[..stored]);
        target[stored..].Clear();
        foreach ((long start, long end) in _zeros)
        {
            long from = Math.Max(start, offset);
            long to = Math.Min(end, offset + target.Length);
            if (from < to)
            {
                target[(int)(from - offset)..(int)(to - offset)].Clear();
            }
        }

        long[] places = _places.Length == _sectors.Count ? _places : _places = [.. _sectors.Keys];
        int index = Array.BinarySearch(places, offset - VhdxLayout.Sector + 1);
        for (index = index < 0 ? ~index : index; index < places.Length && places[index] < offset + target.Length; index++)
        {
            long from = Math.Max(places[index], offset);
            long to = Math.Min(places[index] + VhdxLayout.Sector, offset + target.Length);
            _sectors[places[index]].AsSpan((int)(from - places[index]), (int)(to - from)).CopyTo(target[(int)(from - offset)..]);
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source) => throw DiskErrors.ReadOnly(Path);

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length) => throw DiskErrors.ReadOnly(Path);

    /// <inheritdoc/>
    public bool TryPunchHole(long offset, long length) => false;

    /// <inheritdoc/>
    public bool IsHole(long offset, long length) => false;

    /// <inheritdoc/>
    public void Reserve(long offset, long length) => throw DiskErrors.ReadOnly(Path);

    /// <inheritdoc/>
    public void SetLength(long length) => throw DiskErrors.ReadOnly(Path);

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
