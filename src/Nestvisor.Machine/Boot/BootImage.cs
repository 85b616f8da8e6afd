using Microsoft.Win32.SafeHandles;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>
/// A file that is copied into guest memory. It stays open, so that a reset can load it again after the process has given up
/// the right to open files.
/// </summary>
internal sealed class BootImage : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly byte[] _bytes = [];
    private readonly Lz4Frame? _frame;

    private BootImage(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = (ulong)RandomAccess.GetLength(handle);
    }

    private BootImage(string path, byte[] bytes)
    {
        Path = path;
        _bytes = bytes;
        Length = (ulong)bytes.Length;
    }

    private BootImage(string path, Lz4Frame frame, uint length)
    {
        Path = path;
        _frame = frame;
        Length = length;
    }

    public string Path { get; }

    public ulong Length { get; }

    /// <summary>Whether it is packed, and could not be read to where it was asked for.</summary>
    public bool IsDamaged => _frame is { IsDamaged: true };

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="what">What it is, such as "kernel".</param>
    /// <exception cref="BootImageException">It cannot be opened, or is empty.</exception>
    public static BootImage Open(string path, string what)
    {
        try
        {
            BootImage image = new(path, File.OpenHandle(path));
            if (image.Length != 0)
            {
                return image;
            }

            image.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => $"the {what} does not exist",
                UnauthorizedAccessException when Directory.Exists(path) => $"the {what} is a directory",
                UnauthorizedAccessException => $"the {what} may not be read",
                _ => $"the {what} cannot be opened ({e.Message.TrimEnd('.')})",
            };
            throw new BootImageException(path, reason, $"Give the path of a {what} that this user can read.", e);
        }

        throw new BootImageException(path, $"the {what} is empty", $"Give the path of a {what}.");
    }

    /// <summary>Makes an image of bytes that came out of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">The bytes.</param>
    public static BootImage FromBytes(string path, byte[] bytes) => new(path, bytes);

    /// <summary>Makes an image of what is packed in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="frame">Where it is; the file stays open for as long as the image is used.</param>
    /// <param name="length">The number of unpacked bytes.</param>
    public static BootImage FromFrame(string path, Lz4Frame frame, uint length) => new(path, frame, length);

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">Offset in the file.</param>
    /// <param name="target">Where to.</param>
    /// <returns>False if the file ends before, or is packed and damaged.</returns>
    public bool TryRead(ulong offset, Span<byte> target)
    {
        if (offset > Length || (ulong)target.Length > Length - offset)
        {
            return false;
        }

        if (_frame is not null)
        {
            return _frame.TryRead(offset, target);
        }

        if (_handle is null)
        {
            _bytes.AsSpan((int)offset, target.Length).CopyTo(target);
            return true;
        }

        try
        {
            while (target.Length != 0)
            {
                int count = RandomAccess.Read(_handle, target, (long)offset);
                if (count <= 0)
                {
                    return false;
                }

                offset += (ulong)count;
                target = target[count..];
            }

            return true;
        }
        catch (IOException e)
        {
            throw new BootImageException(Path, $"it cannot be read ({e.Message.TrimEnd('.')})", "Check the disk that it is on.", e);
        }
    }

    /// <summary>Copies bytes into guest memory.</summary>
    /// <param name="offset">Offset in the file.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="address">Guest-physical address; the range is RAM.</param>
    public void Load(ulong offset, ulong length, GuestMemory memory, ulong address)
    {
        const ulong Chunk = 16 << 20;
        while (length != 0)
        {
            int count = (int)Math.Min(length, Chunk);
            if (!memory.TryGetSpan(address, count, out Span<byte> window) || !TryRead(offset, window))
            {
                throw new BootImageException(Path, "it has become shorter while it was read", "Do not change the file while a machine starts.");
            }

            memory.NoteWritten(address, (ulong)count);
            offset += (ulong)count;
            address += (ulong)count;
            length -= (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();
}
