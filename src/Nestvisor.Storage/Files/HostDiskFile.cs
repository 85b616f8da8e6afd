using Microsoft.Win32.SafeHandles;
using Nestvisor.Platform;
using Nestvisor.Platform.Files;

namespace Nestvisor.Storage.Files;

/// <summary>A file of the host.</summary>
internal sealed class HostDiskFile : IDiskFile
{
    private const int ZeroChunk = 64 * 1024;
    private const int NotSupported = 95;

    private static readonly byte[] Zeros = new byte[ZeroChunk];
    private readonly SafeFileHandle _file;

    /// <summary>Takes over an open file.</summary>
    public HostDiskFile(string path, SafeFileHandle file, bool readOnly)
    {
        Path = path;
        _file = file;
        IsReadOnly = readOnly;

        // A hole punched behind the end changes nothing and tells whether the file system can do it.
        CanPunchHoles = !readOnly && HostFile.TryPunchHole(file, RandomAccess.GetLength(file), 512);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(_file);

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public bool CanPunchHoles { get; }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle => _file;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int count = RandomAccess.Read(_file, target, offset);
            if (count == 0)
            {
                throw new IOException($"The disk file '{Path}' ends before byte {offset + target.Length}.");
            }

            offset += count;
            target = target[count..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> source) => RandomAccess.Write(_file, source, offset);

    /// <inheritdoc/>
    public void WriteZeroes(long offset, long length)
    {
        if (length == 0 || HostFile.TryZeroRange(_file, offset, length))
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
    public bool TryPunchHole(long offset, long length) => length == 0 || (CanPunchHoles && HostFile.TryPunchHole(_file, offset, length));

    /// <inheritdoc/>
    public bool IsHole(long offset, long length) =>
        !DiskFileCalls.FindData(_file, offset, Length, out long start, out _) || start >= offset + length;

    /// <inheritdoc/>
    public void Reserve(long offset, long length)
    {
        int error = length == 0 ? 0 : DiskFileCalls.Reserve(_file, offset, length);
        if (error == NotSupported)
        {
            // Written out, it is reserved too. What is there already stays.
            long end = Length;
            if (offset + length > end)
            {
                RandomAccess.SetLength(_file, offset + length);
                WriteZeroes(Math.Max(offset, end), offset + length - Math.Max(offset, end));
            }
        }
        else if (error != 0)
        {
            throw new IOException(
                $"The host cannot reserve {length} bytes for the disk file '{Path}': {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    /// <inheritdoc/>
    public void SetLength(long length) => RandomAccess.SetLength(_file, length);

    /// <inheritdoc/>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
