using System.Buffers.Binary;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhd;

/// <summary>
/// A dynamic VHD disk. New blocks are put in front of the footer, which moves; its copy at the beginning of the file counts if a crash has kept it from
/// arriving. <see cref="Flush"/> makes blocks durable first and then the table that names them; the format has no log, so this relies on storage
/// that writes a sector of 512 bytes as a whole.
/// </summary>
internal sealed class VhdDynamicDisk : IDisk, ISparseDisk
{
    private const uint Unused = uint.MaxValue;
    private const int EntriesPerSector = VhdImage.Sector / sizeof(uint);
    private const int ContentAlignment = 4096;

    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Lock _changes = new();
    private readonly VhdImage _image;
    private readonly IDiskFile _file;
    private readonly uint[] _table;
    private readonly bool[] _complete;
    private readonly HashSet<int> _dirty = [];
    private readonly int _blockSize;
    private readonly int _bitmapSize;
    private Exception? _failure;
    private long _end;
    private bool _disposed;

    /// <summary>Takes over an open file.</summary>
    /// <exception cref="DiskException">Its blocks are not inside the file or overlap.</exception>
    public VhdDynamicDisk(VhdImage image)
    {
        _image = image;
        _file = image.File;
        _blockSize = (int)image.Header!.BlockSize;
        _bitmapSize = BitmapSize(_blockSize);
        Length = image.Footer.DiskSize;
        _table = image.LoadTable();
        _complete = new bool[_table.Length];
        CheckBlocks();
        if (!IsReadOnly)
        {
            PlaceFooter();
        }
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => VhdImage.Sector;

    /// <inheritdoc/>
    public bool IsReadOnly => _file.IsReadOnly;

    /// <inheritdoc/>
    public bool CanDiscard => false;

    /// <summary>Bytes of the bitmap before the contents of a block, with one bit for each sector.</summary>
    public static int BitmapSize(int blockSize) =>
        ((blockSize / VhdImage.Sector / 8) + VhdImage.Sector - 1) / VhdImage.Sector * VhdImage.Sector;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        DiskErrors.CheckRange(Length, offset, target.Length);
        while (!target.IsEmpty)
        {
            int block = (int)(offset / _blockSize);
            int inside = (int)(offset % _blockSize);
            Span<byte> part = target[..Math.Min(target.Length, _blockSize - inside)];
            _lock.EnterReadLock();
            try
            {
                if (_table[block] == Unused)
                {
                    part.Clear();
                }
                else
                {
                    _file.Read(Content(block) + inside, part);
                    if (!IsComplete(block, out byte[] bitmap))
                    {
                        ClearMissing(bitmap, inside, part);
                    }
                }
            }
            finally
            {
                _lock.ExitReadLock();
            }

            offset += part.Length;
            target = target[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckWritable(offset, source.Length);
        while (!source.IsEmpty)
        {
            int block = (int)(offset / _blockSize);
            int inside = (int)(offset % _blockSize);
            ReadOnlySpan<byte> part = source[..Math.Min(source.Length, _blockSize - inside)];
            bool ready;
            _lock.EnterReadLock();
            try
            {
                ready = _table[block] != Unused && IsComplete(block, out _);
                if (ready)
                {
                    _file.Write(Content(block) + inside, part);
                }
            }
            finally
            {
                _lock.ExitReadLock();
            }

            if (!ready)
            {
                Prepare(block);
                continue;
            }

            offset += part.Length;
            source = source[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length, bool mayDiscard)
    {
        CheckWritable(offset, length);
        while (length > 0)
        {
            int block = (int)(offset / _blockSize);
            int inside = (int)(offset % _blockSize);
            int count = (int)Math.Min(length, _blockSize - inside);
            _lock.EnterReadLock();
            try
            {
                // Sectors that the bitmap leaves out read as zeros already.
                if (_table[block] != Unused)
                {
                    _file.WriteZeroes(Content(block) + inside, count);
                }
            }
            finally
            {
                _lock.ExitReadLock();
            }

            offset += count;
            length -= count;
        }
    }

    /// <inheritdoc/>
    public void Discard(long offset, long length) => CheckWritable(offset, length);

    /// <inheritdoc/>
    public void Flush()
    {
        if (IsReadOnly)
        {
            return;
        }

        lock (_changes)
        {
            ThrowIfFailed();
            try
            {
                Commit();
            }
            catch (Exception error)
            {
                _failure = error;
                throw;
            }
        }
    }

    bool ISparseDisk.FindData(long from, out long start, out long end)
    {
        int block = (int)(from / _blockSize);
        while (block < _table.Length && _table[block] == Unused)
        {
            block++;
        }

        start = Math.Max(from, (long)block * _blockSize);
        while (block < _table.Length && _table[block] != Unused)
        {
            block++;
        }

        end = Math.Min(Length, (long)block * _blockSize);
        return start < end;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            if (_failure is null)
            {
                Flush();
            }
        }
        catch (IOException)
        {
            // What was not flushed before is lost, as in a crash.
        }
        finally
        {
            _image.Dispose();
            _lock.Dispose();
        }
    }

    private long Content(int block) => ((long)_table[block] * VhdImage.Sector) + _bitmapSize;

    private void CheckWritable(long offset, long length)
    {
        DiskErrors.CheckRange(Length, offset, length);
        if (IsReadOnly)
        {
            throw DiskErrors.ReadOnly(_file.Path);
        }

        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"The host could not write the disk file '{_file.Path}' before, so it is not written any more: {failure.Message}", failure);
        }
    }

    private void CheckBlocks()
    {
        List<(long Start, long End, int Block)> ranges =
        [
            (0, VhdFooter.Size, -1),
            ((long)_image.Footer.DataOffset, (long)_image.Footer.DataOffset + VhdHeader.Size, -1),
            ((long)_image.Header!.TableOffset, (long)_image.Header.TableOffset + (_table.Length * (long)sizeof(uint)), -1),
        ];
        for (int block = 0; block < _table.Length; block++)
        {
            if (_table[block] == Unused)
            {
                continue;
            }

            long needed = Math.Min(_blockSize, Length - ((long)block * _blockSize));
            if (Content(block) + needed > _file.Length)
            {
                throw DiskErrors.Damaged(_file.Path, $"block {block} at sector {_table[block]} is not inside its {_file.Length} bytes; it was cut off");
            }

            ranges.Add((Content(block) - _bitmapSize, Content(block) + _blockSize, block));
        }

        ranges.Sort();
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i - 1].End)
            {
                throw DiskErrors.Damaged(_file.Path, $"two of its parts overlap at byte {ranges[i].Start}");
            }
        }

        _end = (ranges[^1].End + VhdImage.Sector - 1) / VhdImage.Sector * VhdImage.Sector;
    }

    // A crash may have left blocks that no table names, and no footer behind them.
    private void PlaceFooter()
    {
        byte[] last = new byte[VhdFooter.Size];
        long place = _file.Length - VhdFooter.Size;
        if (place >= _end && place % VhdImage.Sector == 0)
        {
            _file.Read(place, last);
        }

        if (VhdFooter.TryParse(last) is not null)
        {
            _end = place;
            return;
        }

        _file.Write(_end, _image.FooterBytes);
        _file.SetLength(_end + VhdFooter.Size);
        _file.Flush();
    }

    private bool IsComplete(int block, out byte[] bitmap)
    {
        bitmap = [];
        if (Volatile.Read(ref _complete[block]))
        {
            return true;
        }

        bitmap = new byte[_blockSize / VhdImage.Sector / 8];
        _file.Read(Content(block) - _bitmapSize, bitmap);
        if (bitmap.AsSpan().ContainsAnyExcept((byte)0xFF))
        {
            return false;
        }

        Volatile.Write(ref _complete[block], true);
        return true;
    }

    private static bool IsThere(byte[] bitmap, int sector) => (bitmap[sector / 8] & (0x80 >> (sector % 8))) != 0;

    private static void ClearMissing(byte[] bitmap, int inside, Span<byte> part)
    {
        for (int done = 0; done < part.Length;)
        {
            int count = Math.Min(part.Length - done, VhdImage.Sector - ((inside + done) % VhdImage.Sector));
            if (!IsThere(bitmap, (inside + done) / VhdImage.Sector))
            {
                part.Slice(done, count).Clear();
            }

            done += count;
        }
    }

    // Makes a block one whose sectors are all there.
    private void Prepare(int block)
    {
        lock (_changes)
        {
            _lock.EnterWriteLock();
            try
            {
                if (_table[block] == Unused)
                {
                    Allocate(block);
                }
                else if (!IsComplete(block, out byte[] bitmap))
                {
                    Complete(block, bitmap);
                }
            }
            finally
            {
                _lock.ExitWriteLock();
            }
        }
    }

    private void Allocate(int block)
    {
        // Contents begin at whole pages of the host.
        long place = ((_end + _bitmapSize + ContentAlignment - 1) / ContentAlignment * ContentAlignment) - _bitmapSize;
        long end = place + _bitmapSize + _blockSize;
        _file.Write(end, _image.FooterBytes);
        _file.WriteZeroes(_end, VhdFooter.Size);
        byte[] bitmap = new byte[_bitmapSize];
        bitmap.AsSpan(0, _blockSize / VhdImage.Sector / 8).Fill(0xFF);
        _file.Write(place, bitmap);
        _end = end;
        _table[block] = (uint)(place / VhdImage.Sector);
        _complete[block] = true;
        _dirty.Add(block / EntriesPerSector);
    }

    // What the bitmap leaves out becomes zeros, and only then part of the block.
    private void Complete(int block, byte[] bitmap)
    {
        int sectors = _blockSize / VhdImage.Sector;
        for (int first = 0; first < sectors;)
        {
            int last = first;
            while (last < sectors && !IsThere(bitmap, last))
            {
                last++;
            }

            if (last > first)
            {
                long start = Content(block) + ((long)first * VhdImage.Sector);
                _file.WriteZeroes(start, Math.Min((long)(last - first) * VhdImage.Sector, _end - start));
            }

            first = last + 1;
        }

        _file.Flush();
        bitmap.AsSpan().Fill(0xFF);
        _file.Write(Content(block) - _bitmapSize, bitmap);
        _complete[block] = true;
    }

    private void Commit()
    {
        List<(int Sector, byte[] Bytes)> sectors = [];
        _lock.EnterWriteLock();
        try
        {
            foreach (int sector in _dirty)
            {
                sectors.Add((sector, TableSector(sector)));
            }

            _dirty.Clear();
        }
        finally
        {
            _lock.ExitWriteLock();
        }

        _file.Flush();
        if (sectors.Count == 0)
        {
            return;
        }

        foreach ((int sector, byte[] bytes) in sectors)
        {
            _file.Write((long)_image.Header!.TableOffset + ((long)sector * VhdImage.Sector), bytes);
        }

        _file.Flush();
    }

    // The last sector only as far as it has entries of the disk.
    private byte[] TableSector(int sector)
    {
        int first = sector * EntriesPerSector;
        byte[] bytes = new byte[Math.Min(EntriesPerSector, _table.Length - first) * sizeof(uint)];
        for (int i = 0; i < bytes.Length / sizeof(uint); i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * sizeof(uint)), _table[first + i]);
        }

        return bytes;
    }
}
