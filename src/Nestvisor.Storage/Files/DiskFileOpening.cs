using Microsoft.Win32.SafeHandles;
using Nestvisor.Platform.Files;

namespace Nestvisor.Storage.Files;

/// <summary>Opens the files of disks and says what is wrong if that does not work.</summary>
internal static class DiskFileOpening
{
    // Who asks whether a file is attached holds its lock for a moment.
    private const int Attempts = 20;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(10);

    /// <summary>Opens a file and locks it: one writer alone, or any number of readers.</summary>
    /// <exception cref="DiskException">It cannot be used; the message names the file, the reason and what to do.</exception>
    public static HostDiskFile Open(string path, bool readOnly)
    {
        RequireFile(path);
        for (int attempt = 1; ; attempt++)
        {
            SafeFileHandle? file = null;
            try
            {
                file = File.OpenHandle(
                    path,
                    FileMode.Open,
                    readOnly ? FileAccess.Read : FileAccess.ReadWrite,
                    readOnly ? FileShare.Read : FileShare.None);
                HostDiskFile opened = new(path, file, readOnly);
                file = null;
                return opened;
            }
            catch (UnauthorizedAccessException error)
            {
                throw Denied(path, readOnly, error);
            }
            catch (IOException error)
            {
                if (attempt < Attempts)
                {
                    Thread.Sleep(BetweenAttempts);
                    continue;
                }

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
    }

    /// <summary>Opens a file for reading even if somebody has locked it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="attached">Whether somebody has.</param>
    /// <exception cref="DiskException">It cannot be read.</exception>
    public static HostDiskFile OpenToInspect(string path, out bool attached)
    {
        RequireFile(path);
        try
        {
            SafeFileHandle file = DiskFileCalls.OpenWithoutLock(path);
            attached = DiskFileCalls.IsLockedByAnother(file);
            return new HostDiskFile(path, file, readOnly: true);
        }
        catch (UnauthorizedAccessException error)
        {
            throw Denied(path, readOnly: true, error);
        }
        catch (IOException error)
        {
            throw new DiskException($"The disk file '{path}' cannot be opened: the host reports an error ({error.Message}).", error);
        }
    }

    /// <summary>Refuses a path that is no file.</summary>
    public static void RequireFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DiskException($"'{path}' is a directory, not a disk file. Give the path of a file.");
        }

        if (!File.Exists(path))
        {
            throw new DiskException($"The disk file '{path}' does not exist. Check the path, or create the file first.");
        }

        if ((File.GetAttributes(path) & FileAttributes.Device) != 0)
        {
            throw new DiskException($"'{path}' is a device, not a disk file. Give the path of a regular file.");
        }
    }

    private static DiskException Denied(string path, bool readOnly, Exception error) => new(
        readOnly
            ? $"The disk file '{path}' cannot be read: permission denied. Change its permissions or its owner."
            : $"The disk file '{path}' cannot be written: permission denied. Change its permissions, or attach it read-only.",
        error);
}
