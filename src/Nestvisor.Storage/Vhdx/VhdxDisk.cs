using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>
/// A fixed or dynamic VHDX disk. Reads, and writes to blocks that are there, go on beside each other; what changes the block allocation table waits
/// until they have ended. Changes of the table stay in memory until <see cref="Flush"/>, which makes the contents durable first and then, through the
/// log, the table: a crash loses no more than what was not flushed, and a block never shows what another one has held.
/// </summary>
internal sealed class VhdxDisk : IDisk, ISparseDisk
{
    private readonly ReaderWriterLockSlim _table = new();
    private readonly Lock _changes = new();
    private readonly VhdxImage _image;
    private readonly VhdxBlockStore _store;
    private readonly IDiskFile _file;
    private readonly int _blockSize;
    private readonly bool _isFixed;
    private Exception? _failure;
    private volatile bool _hasBegun;
    private bool _disposed;

    /// <summary>Takes over an open file.</summary>
    /// <exception cref="DiskException">Its block allocation table is damaged, or it is a differencing disk.</exception>
    public VhdxDisk(VhdxImage image)
    {
        if (image.Metadata.HasParent)
        {
            throw DiskErrors.Differencing(image.File.Path);
        }

        _image = image;
        _file = image.File;
        _blockSize = image.Metadata.BlockSize;
        _isFixed = image.Metadata.IsFixed;
        Length = image.Metadata.Size;
        _store = new VhdxBlockStore(image);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => _image.Metadata.LogicalSectorSize;

    /// <inheritdoc/>
    public bool IsReadOnly => _file.IsReadOnly;

    /// <inheritdoc/>
    public bool CanDiscard => !IsReadOnly && !_isFixed;

    /// <summary>The blocks, for what works on a disk that nobody else uses.</summary>
    public VhdxBlockStore Store => _store;

    /// <summary>The file's structures.</summary>
    public VhdxImage Image => _image;

    /// <summary>Opens a disk.</summary>
    /// <param name="file">Its file; taken over, also if this fails.</param>
    public static VhdxDisk Open(IDiskFile file)
    {
        VhdxImage image = VhdxImage.Open(file);
        try
        {
            return new VhdxDisk(image);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        DiskErrors.CheckRange(Length, offset, target.Length);
        while (!target.IsEmpty)
        {
            (long block, int inside) = Locate(offset);
            Span<byte> part = target[..Math.Min(target.Length, _blockSize - inside)];
            _table.EnterReadLock();
            try
            {
                if (_store.TryGetPlace(block, out long place))
                {
                    _file.Read(place + inside, part);
                }
                else
                {
                    part.Clear();
                }
            }
            finally
            {
                _table.ExitReadLock();
            }

            offset += part.Length;
            target = target[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        BeginChange(offset, source.Length);
        while (!source.IsEmpty)
        {
            (long block, int inside) = Locate(offset);
            ReadOnlySpan<byte> part = source[..Math.Min(source.Length, _blockSize - inside)];
            if (!TryWrite(block, inside, part))
            {
                Allocate(block);
                continue;
            }

            offset += part.Length;
            source = source[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length, bool mayDiscard)
    {
        BeginChange(offset, length);
        ForBlocks(offset, length, (block, inside, count, whole) =>
        {
            if (mayDiscard && whole && !_isFixed)
            {
                Release(block, VhdxBlockState.Zero);
                return;
            }

            _table.EnterReadLock();
            bool decided;
            try
            {
                bool present = _store.TryGetPlace(block, out long place);
                if (present && !(mayDiscard && !_isFixed && _file.TryPunchHole(place + inside, count)))
                {
                    _file.WriteZeroes(place + inside, count);
                }

                // Of blocks that were never written, other programs say as well that they are zeros; of the others that are not there they need not.
                decided = present || _store.ReadsAsZerosEverywhere(block);
            }
            finally
            {
                _table.ExitReadLock();
            }

            if (!decided)
            {
                Release(block, VhdxBlockState.Zero);
            }
        });
    }

    /// <inheritdoc/>
    public void Discard(long offset, long length)
    {
        BeginChange(offset, length);
        if (_isFixed)
        {
            return;
        }

        ForBlocks(offset, length, (block, inside, count, whole) =>
        {
            if (whole)
            {
                Release(block, VhdxBlockState.Unmapped);
                return;
            }

            // Guests discard in ranges shorter than a block. When the file system keeps nothing of a block any more, it is given back as a whole.
            bool empty = false;
            _table.EnterReadLock();
            try
            {
                empty = _store.TryGetPlace(block, out long place) && _file.TryPunchHole(place + inside, count) && _file.IsHole(place, _blockSize);
            }
            finally
            {
                _table.ExitReadLock();
            }

            if (empty)
            {
                ReleaseIfEmpty(block);
            }
        });
    }

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
                // What is durable now, nobody knows; what came later must not look as if it were.
                _failure = error;
                throw;
            }
        }
    }

    bool ISparseDisk.FindData(long from, out long start, out long end)
    {
        _table.EnterReadLock();
        try
        {
            return _store.FindPresent(from, Length, out start, out end);
        }
        finally
        {
            _table.ExitReadLock();
        }
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
            if (!IsReadOnly && _failure is null)
            {
                Flush();
                _image.Log.Close();
            }
        }
        catch (IOException)
        {
            // The log stays as it is, and whoever opens the file next carries it out.
        }
        finally
        {
            _image.Dispose();
            _table.Dispose();
        }
    }

    /// <summary>Says in the headers that the file changes; before the first change only.</summary>
    /// <param name="data">Whether what the guest sees changes too.</param>
    public void Begin(bool data = true)
    {
        if (_hasBegun)
        {
            return;
        }

        lock (_changes)
        {
            ThrowIfFailed();
            if (!_hasBegun)
            {
                _image.BeginChanges(data);
                _hasBegun = true;
            }
        }
    }

    private (long Block, int Inside) Locate(long offset) => (offset / _blockSize, (int)(offset % _blockSize));

    private void BeginChange(long offset, long length)
    {
        DiskErrors.CheckRange(Length, offset, length);
        if (IsReadOnly)
        {
            throw DiskErrors.ReadOnly(_file.Path);
        }

        ThrowIfFailed();
        Begin();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"The host could not write the disk file '{_file.Path}' before, so it is not written any more: {failure.Message}", failure);
        }
    }

    private bool TryWrite(long block, int inside, ReadOnlySpan<byte> part)
    {
        _table.EnterReadLock();
        try
        {
            bool present = _store.TryGetPlace(block, out long place);
            if (present)
            {
                _file.Write(place + inside, part);
            }

            return present;
        }
        finally
        {
            _table.ExitReadLock();
        }
    }

    private void Allocate(long block)
    {
        if (_store.HasManyReleased)
        {
            // Their storage can be used again only when it is durable that they are gone.
            Flush();
        }

        _table.EnterWriteLock();
        try
        {
            _store.Allocate(block);
        }
        finally
        {
            _table.ExitWriteLock();
        }
    }

    private void Release(long block, VhdxBlockState state)
    {
        _table.EnterWriteLock();
        try
        {
            _store.Release(block, state);
        }
        finally
        {
            _table.ExitWriteLock();
        }
    }

    private void ReleaseIfEmpty(long block)
    {
        _table.EnterWriteLock();
        try
        {
            // Somebody may have written to it in between.
            if (_store.TryGetPlace(block, out long place) && _file.IsHole(place, _blockSize))
            {
                _store.Release(block, VhdxBlockState.Unmapped);
            }
        }
        finally
        {
            _table.ExitWriteLock();
        }
    }

    private void ForBlocks(long offset, long length, Action<long, int, int, bool> action)
    {
        while (length > 0)
        {
            (long block, int inside) = Locate(offset);
            int count = (int)Math.Min(length, _blockSize - inside);

            // The last block may reach over the disk's end.
            action(block, inside, count, inside == 0 && (count == _blockSize || offset + count == Length));
            offset += count;
            length -= count;
        }
    }

    private void Commit()
    {
        _table.EnterWriteLock();
        VhdxBlockStore.Pending pending;
        try
        {
            pending = _store.TakePending();
        }
        finally
        {
            _table.ExitWriteLock();
        }

        if (pending.Sectors.Count == 0)
        {
            _file.Flush();
            return;
        }

        long table = _image.Regions.Bat.Offset;
        for (int i = 0; i < pending.Sectors.Count; i += VhdxLogWriter.MaxChanges)
        {
            List<(long Offset, byte[] Sector)> changes = [];
            _table.EnterReadLock();
            try
            {
                foreach (int sector in pending.Sectors.Slice(i, Math.Min(VhdxLogWriter.MaxChanges, pending.Sectors.Count - i)))
                {
                    changes.Add((table + ((long)sector * VhdxLayout.Sector), _store.Table.GetSector(sector)));
                }
            }
            finally
            {
                _table.ExitReadLock();
            }

            _image.Log.Commit(changes);
        }

        _table.EnterWriteLock();
        try
        {
            _store.Reuse(pending.Released);
        }
        finally
        {
            _table.ExitWriteLock();
        }
    }
}
