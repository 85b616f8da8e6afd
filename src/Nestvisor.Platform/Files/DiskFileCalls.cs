using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nestvisor.Platform.Files;

/// <summary>What files of disks need and .NET does not offer: reserved storage, holes, files looked at without a lock, renames that replace nothing.</summary>
public static partial class DiskFileCalls
{
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int LockExclusiveNow = 2 | 4;
    private const int Unlock = 8;
    private const int SeekDataFrom = 3;
    private const int SeekHoleFrom = 4;
    private const int NoSuchData = 6;
    private const int FileExists = 17;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;
    private const int CurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const int AccessDenied = 13;
    private const int NotThere = 2;

    /// <summary>Reserves storage for a range, which reads as zeros where nothing was; the file becomes long enough for it.</summary>
    /// <param name="file">A file opened for writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <returns>0, or the error number; 28 (ENOSPC) if there is no room, 95 (EOPNOTSUPP) if the file system cannot do it.</returns>
    public static int Reserve(SafeFileHandle file, long offset, long length) =>
        fallocate(file, 0, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Opens a file for reading whoever has locked it, without locking it.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="FileNotFoundException">It does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">The host could not open it.</exception>
    public static SafeFileHandle OpenWithoutLock(string path)
    {
        int descriptor = open(path, ReadOnlyCloseOnExec);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        int error = Marshal.GetLastPInvokeError();
        string reason = Marshal.GetPInvokeErrorMessage(error);
        throw error switch
        {
            NotThere => new FileNotFoundException(reason, path),
            AccessDenied => new UnauthorizedAccessException(reason),
            _ => new IOException(reason),
        };
    }

    /// <summary>
    /// Whether another open file has a lock (flock(2)) on the same file. For a moment this one holds the lock itself, so who opens files of disks tries
    /// more than once.
    /// </summary>
    /// <param name="file">A file that holds no lock.</param>
    public static bool IsLockedByAnother(SafeFileHandle file)
    {
        if (flock(file, LockExclusiveNow) != 0)
        {
            return true;
        }

        _ = flock(file, Unlock);
        return false;
    }

    /// <summary>Finds the next range of a file that is not a hole; where the file system does not tell, all of it is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="start">First byte of the range.</param>
    /// <param name="end">The byte behind it.</param>
    /// <returns>False if there are only holes.</returns>
    public static bool FindData(SafeFileHandle file, long from, long length, out long start, out long end)
    {
        end = length;
        start = lseek(file, from, SeekDataFrom);
        if (start < 0)
        {
            bool none = Marshal.GetLastPInvokeError() == NoSuchData;
            start = from;
            return !none && from < length;
        }

        long hole = lseek(file, start, SeekHoleFrom);
        end = hole < 0 ? length : Math.Min(hole, length);
        return start < end;
    }

    /// <summary>Gives a file a name that nothing has yet.</summary>
    /// <param name="from">Its present path.</param>
    /// <param name="to">Its new path, in the same file system.</param>
    /// <returns>False if the new path exists.</returns>
    /// <exception cref="IOException">The host refused.</exception>
    public static bool TryRenameToNew(string from, string to)
    {
        if (renameat2(CurrentDirectory, from, CurrentDirectory, to, NoReplace) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error == FileExists)
        {
            return false;
        }

        // File systems that do not know the flag (NFS) rename with a look before.
        if (error is not (InvalidArgument or NotImplemented))
        {
            throw new IOException($"Cannot rename '{from}' to '{to}': {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        if (Path.Exists(to))
        {
            return false;
        }

        File.Move(from, to, overwrite: true);
        return true;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);
}
