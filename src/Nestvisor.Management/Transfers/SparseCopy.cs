using Microsoft.Win32.SafeHandles;
using Nestvisor.Platform;

namespace Nestvisor.Management.Transfers;

/// <summary>Copies files that may be large and mostly empty: holes stay holes, and the copy is on the disk when it is done.</summary>
internal static class SparseCopy
{
    private const int BlockSize = 1 << 20;
    private const int ZeroGrain = 64 << 10;

    /// <summary>Copies a file. If that fails or is cancelled, the copy is gone.</summary>
    /// <param name="from">A regular file.</param>
    /// <param name="to">The copy, which must not exist.</param>
    /// <param name="transfer">Is told of each piece, and may end it.</param>
    /// <exception cref="IOException">It cannot be read, or the copy cannot be written or exists.</exception>
    public static void Copy(string from, string to, Transfer transfer)
    {
        transfer.Cancellation.ThrowIfCancellationRequested();
        using SafeFileHandle source = File.OpenHandle(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using SafeFileHandle target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            long length = RandomAccess.GetLength(source);
            if (HostFile.TryClone(target, source))
            {
                transfer.Add(length);
            }
            else
            {
                Copy(source, target, length, transfer);
            }

            File.SetUnixFileMode(target, File.GetUnixFileMode(source) & (UnixFileMode)0x1FF);
            RandomAccess.FlushToDisk(target);
        }
        catch
        {
            File.Delete(to);
            throw;
        }
    }

    private static void Copy(SafeFileHandle source, SafeFileHandle target, long length, Transfer transfer)
    {
        byte[] block = new byte[BlockSize];
        long done = 0;
        while (done < length)
        {
            (long start, long end) = HostFile.NextData(source, done, length);
            transfer.Add(start - done);
            for (done = start; done < end;)
            {
                transfer.Cancellation.ThrowIfCancellationRequested();
                int count = RandomAccess.Read(source, block.AsSpan(0, (int)Math.Min(BlockSize, end - done)), done);
                if (count == 0)
                {
                    throw new IOException("The file became shorter while it was copied.");
                }

                WriteWhatIsNotZero(target, block.AsSpan(0, count), done);
                done += count;
                transfer.Add(count);
            }
        }

        RandomAccess.SetLength(target, length);
    }

    private static void WriteWhatIsNotZero(SafeFileHandle target, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> grain = bytes[..Math.Min(ZeroGrain, bytes.Length)];
            if (grain.ContainsAnyExcept((byte)0))
            {
                RandomAccess.Write(target, grain, offset);
            }

            bytes = bytes[grain.Length..];
            offset += grain.Length;
        }
    }
}
