using Nestvisor.Platform.Files;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage;

/// <summary>
/// A disk whose bytes are those of a file. The file is locked while it is open (flock(2)): one writer alone, or any
/// number of readers.
/// </summary>
public sealed class RawDisk : IDisk, ISparseDisk
{
    private readonly HostDiskFile _file;
    private readonly string _path;

    private RawDisk(string path, HostDiskFile file, long length)
    {
        _path = path;
        _file = file;
        Length = length;
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <inheritdoc/>
    public bool IsReadOnly => _file.IsReadOnly;

    /// <inheritdoc/>
    public bool CanDiscard => _file.CanPunchHoles;

    /// <summary>Opens a disk file and locks it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="readOnly">Whether to refuse writes.</param>
    /// <returns>The disk.</returns>
    /// <exception cref="DiskException">It cannot be used; the message names the file, the reason and what to do.</exception>
    public static RawDisk Open(string path, bool readOnly)
    {
        HostDiskFile file = DiskFileOpening.Open(path, readOnly);
        long length = file.Length;
        if (length != 0 && length % 512 == 0)
        {
            return new RawDisk(path, file, length);
        }

        file.Dispose();
        throw new DiskException(length == 0
            ? $"The disk file '{path}' is empty or not a regular file. A disk needs at least one sector of 512 bytes."
            : $"The disk file '{path}' has {length} bytes, which is not a multiple of the sector size of 512 bytes. "
                + $"Extend it, for example with: truncate -s %512 '{path}'");
    }

    /// <summary>A disk on a file that is open; the file is taken over.</summary>
    internal static RawDisk On(HostDiskFile file) => new(file.Path, file, file.Length);

    /// <summary>Cuts the disk or extends it by zeros, durably.</summary>
    internal void Resize(long size)
    {
        _file.SetLength(size);
        _file.Flush();
        Length = size;
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        DiskErrors.CheckRange(Length, offset, target.Length);
        _file.Read(offset, target);
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckWritable(offset, source.Length);
        _file.Write(offset, source);
    }

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length, bool mayDiscard)
    {
        CheckWritable(offset, length);
        if (!mayDiscard || !_file.TryPunchHole(offset, length))
        {
            _file.WriteZeroes(offset, length);
        }
    }

    /// <inheritdoc/>
    public void Discard(long offset, long length)
    {
        CheckWritable(offset, length);
        if (CanDiscard && !_file.TryPunchHole(offset, length))
        {
            throw new IOException($"The host could not discard part of the disk file '{_path}'.");
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (!IsReadOnly)
        {
            _file.Flush();
        }
    }

    bool ISparseDisk.FindData(long from, out long start, out long end) =>
        DiskFileCalls.FindData(_file.Handle, from, Length, out start, out end);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void CheckWritable(long offset, long length)
    {
        DiskErrors.CheckRange(Length, offset, length);
        if (IsReadOnly)
        {
            throw DiskErrors.ReadOnly(_path);
        }
    }
}
