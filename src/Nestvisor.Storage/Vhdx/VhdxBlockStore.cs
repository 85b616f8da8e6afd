using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>Where the blocks of a disk are in the file, and which of its places are free. Not safe from several threads.</summary>
internal sealed class VhdxBlockStore
{
    // A guest that discards and writes without ever flushing must not let the file grow without end.
    private const int ManyReleased = 64;

    private readonly VhdxImage _image;
    private readonly IDiskFile _file;
    private readonly int _blockSize;
    private readonly List<long> _released = [];

    /// <summary>Reads the block allocation table.</summary>
    /// <exception cref="DiskException">It is damaged.</exception>
    public VhdxBlockStore(VhdxImage image)
    {
        _image = image;
        _file = image.File;
        _blockSize = image.Metadata.BlockSize;
        Table = VhdxBlockTable.Load(_file, image.Regions.Bat, image.Metadata);
        Space = new VhdxSpaceMap(_file.Length);
        TakeSpace();
    }

    /// <summary>The block allocation table.</summary>
    public VhdxBlockTable Table { get; }

    /// <summary>What of the file is taken.</summary>
    public VhdxSpaceMap Space { get; }

    /// <summary>Whether many blocks wait until it is durable that they are gone.</summary>
    public bool HasManyReleased => _released.Count >= ManyReleased;

    /// <summary>Finds a block in the file; one without a place reads as zeros.</summary>
    public bool TryGetPlace(long block, out long place)
    {
        VhdxBlockEntry entry = Table[block];
        place = (long)entry.Offset;
        return entry.IsPresent;
    }

    /// <summary>Whether the block has no place and any program that knows the format reads it as zeros.</summary>
    public bool ReadsAsZerosEverywhere(long block) => Table[block].State is VhdxBlockState.Zero or VhdxBlockState.NotPresent;

    /// <summary>Finds the next range of blocks with places.</summary>
    public bool FindPresent(long from, long length, out long start, out long end)
    {
        long blocks = (length + _blockSize - 1) / _blockSize;
        long block = from / _blockSize;
        while (block < blocks && !Table[block].IsPresent)
        {
            block += Table.IsEmptyFrom(block, out long count) ? count : 1;
        }

        start = Math.Max(from, block * _blockSize);
        while (block < blocks && Table[block].IsPresent)
        {
            block++;
        }

        end = Math.Min(length, block * _blockSize);
        return start < end;
    }

    /// <summary>Gives a block a place, which reads as zeros.</summary>
    public void Allocate(long block)
    {
        if (Table[block].IsPresent)
        {
            return;
        }

        long end = _file.Length;
        long place = Space.Take(_blockSize);
        try
        {
            if (place + _blockSize > end)
            {
                _file.SetLength(place + _blockSize);
            }

            // What was used before holds something; what is new is zeros.
            long used = Math.Min(_blockSize, end - place);
            if (used > 0 && !_file.TryPunchHole(place, used))
            {
                _file.WriteZeroes(place, used);
            }
        }
        catch
        {
            Space.Free(place, _blockSize);
            throw;
        }

        Table[block] = VhdxBlockEntry.At(place);
    }

    /// <summary>Takes a block's place away; it reads as zeros.</summary>
    public void Release(long block, VhdxBlockState state)
    {
        VhdxBlockEntry entry = Table[block];
        if (entry.IsPresent)
        {
            _released.Add((long)entry.Offset);
        }
        else if (entry.State is VhdxBlockState.Zero or VhdxBlockState.NotPresent || entry.State == state)
        {
            return;
        }

        Table[block] = VhdxBlockEntry.Without(state);
    }

    /// <summary>Moves a block to another place, where its contents are already.</summary>
    public void Move(long block, long place)
    {
        _released.Add((long)Table[block].Offset);
        Table[block] = VhdxBlockEntry.At(place);
    }

    /// <summary>What has to be made durable.</summary>
    public Pending TakePending()
    {
        Pending pending = new(Table.TakeDirty(), [.. _released]);
        _released.Clear();
        return pending;
    }

    /// <summary>Places whose blocks are durably elsewhere may hold others.</summary>
    public void Reuse(List<long> places)
    {
        foreach (long place in places)
        {
            _ = _file.TryPunchHole(place, Math.Min(_blockSize, _file.Length - place));
            Space.Free(place, _blockSize);
        }
    }

    // Each block is inside the file and alone in its place: what the guest writes to one never changes another, or a structure.
    private void TakeSpace()
    {
        _ = Space.TryTake(0, VhdxLayout.HeaderSectionEnd);
        _ = Space.TryTake((long)_image.Headers.Current.LogOffset, _image.Headers.Current.LogLength);
        foreach (VhdxRegions.Entry region in _image.Regions.All)
        {
            _ = Space.TryTake(region.Offset, region.Length);
        }

        long size = _image.Metadata.Size;
        long blocks = _image.Metadata.Blocks;
        for (long block = 0; block < blocks;)
        {
            if (Table.IsEmptyFrom(block, out long count))
            {
                block += count;
                continue;
            }

            VhdxBlockEntry entry = Table[block];
            if (entry.IsPresent)
            {
                // Of the last block only what belongs to the disk has to be there.
                long needed = Math.Min(_blockSize, size - (block * _blockSize));
                if (entry.Offset > (ulong)_file.Length || needed > _file.Length - (long)entry.Offset)
                {
                    throw DiskErrors.Damaged(_file.Path, $"block {block} is at {entry.Offset} and so not inside its {_file.Length} bytes; it was cut off");
                }

                if (!Space.TryTake((long)entry.Offset, _blockSize))
                {
                    throw DiskErrors.Damaged(_file.Path, $"block {block} is at {entry.Offset}, where something else is already");
                }
            }
            else if (!Enum.IsDefined(entry.State) || entry.State == VhdxBlockState.PartiallyPresent)
            {
                throw DiskErrors.Damaged(_file.Path, $"block {block} has the impossible state {(int)entry.State}");
            }

            block++;
        }
    }

    /// <summary>Changes that are not durable yet.</summary>
    /// <param name="Sectors">Sectors of the table.</param>
    /// <param name="Released">Places of blocks that are not used any more.</param>
    public sealed record Pending(List<int> Sectors, List<long> Released);
}
