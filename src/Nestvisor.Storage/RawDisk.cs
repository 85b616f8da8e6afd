using Microsoft.Win32.SafeHandles;
using Nestvisor.Platform;

namespace Nestvisor.Storage;

/// <summary>
/// A disk whose bytes are those of a file. The file is locked while it is open (flock(2)): one writer alone, or any
/// number of readers.
/// </summary>
public sealed class RawDisk : IDisk
{
    private const int ZeroChunk = 64 * 1024;

    private static readonly byte[] Zeros = new byte[ZeroChunk];
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private RawDisk(string path, SafeFileHandle file, long length, bool readOnly)
    {
        _path = path;
        _file = file;
        Length = length;
        IsReadOnly = readOnly;

        // A hole punched behind the end changes nothing and tells whether the file system can do it.
        CanDiscard = !readOnly && HostFile.TryPunchHole(file, length, 512);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public bool CanDiscard { get; }

    /// <summary>Opens a disk file and locks it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="readOnly">Whether to refuse writes.</param>
    /// <returns>The disk.</returns>
    /// <exception cref="DiskException">It cannot be used; the message names the file, the reason and what to do.</exception>
    public static RawDisk Open(string path, bool readOnly)
    {
        if (Directory.Exists(path))
        {
            throw new DiskException($"'{path}' is a directory, not a disk file. Give the path of a file.");
        }

        if (!File.Exists(path))
        {
            throw new DiskException($"The disk file '{path}' does not exist. Check the path, or create the file first.");
        }

        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(
                path,
                FileMode.Open,
                readOnly ? FileAccess.Read : FileAccess.ReadWrite,
                readOnly ? FileShare.Read : FileShare.None);
            long length = RandomAccess.GetLength(file);
            if (length == 0 || length % 512 != 0)
            {
                throw new DiskException(length == 0
                    ? $"The disk file '{path}' is empty or not a regular file. A disk needs at least one sector of 512 bytes."
                    : $"The disk file '{path}' has {length} bytes, which is not a multiple of the sector size of 512 bytes. "
                        + $"Extend it, for example with: truncate -s %512 '{path}'");
            }

            RawDisk disk = new(path, file, length, readOnly);
            file = null;
            return disk;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new DiskException(
                readOnly
                    ? $"The disk file '{path}' cannot be read: permission denied. Change its permissions or its owner."
                    : $"The disk file '{path}' cannot be written: permission denied. Change its permissions, or attach it read-only.",
                error);
        }
        catch (IOException error) when (error is not DiskException)
        {
            throw new DiskException(
                $"The disk file '{path}' cannot be opened: it is in use by another virtual machine or program, or the host reports "
                    + $"an error ({error.Message}) Stop what uses it"
                    + (readOnly ? "." : ", or attach it read-only to all that share it."),
                error);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        CheckRange(offset, target.Length);
        while (!target.IsEmpty)
        {
            int count = RandomAccess.Read(_file, target, offset);
            if (count == 0)
            {
                throw new IOException($"The disk file '{_path}' has become shorter while it was in use.");
            }

            offset += count;
            target = target[count..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckWritable(offset, source.Length);
        RandomAccess.Write(_file, source, offset);
    }

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length, bool mayDiscard)
    {
        CheckWritable(offset, length);
        if (length == 0
            || (mayDiscard && CanDiscard && HostFile.TryPunchHole(_file, offset, length))
            || HostFile.TryZeroRange(_file, offset, length))
        {
            return;
        }

        while (length > 0)
        {
            int count = (int)Math.Min(length, ZeroChunk);
            RandomAccess.Write(_file, Zeros.AsSpan(0, count), offset);
            offset += count;
            length -= count;
        }
    }

    /// <inheritdoc/>
    public void Discard(long offset, long length)
    {
        CheckWritable(offset, length);
        if (length != 0 && CanDiscard && !HostFile.TryPunchHole(_file, offset, length))
        {
            throw new IOException($"The host could not discard part of the disk file '{_path}'.");
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (!IsReadOnly)
        {
            RandomAccess.FlushToDisk(_file);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void CheckWritable(long offset, long length)
    {
        CheckRange(offset, length);
        if (IsReadOnly)
        {
            throw new IOException($"The disk file '{_path}' is attached read-only.");
        }
    }

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The range of {length} bytes is not inside the disk.");
        }
    }
}
