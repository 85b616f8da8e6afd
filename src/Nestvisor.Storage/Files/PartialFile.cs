using Microsoft.Win32.SafeHandles;
using Nestvisor.Platform.Files;

namespace Nestvisor.Storage.Files;

/// <summary>
/// A file that is being made beside the place where it is wanted. It gets its name when all of it is durable; if that does not happen, it is deleted, at
/// the latest when the same file is made again.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string _target;
    private readonly string _path;
    private bool _isDone;

    private PartialFile(string target, HostDiskFile file)
    {
        _target = target;
        _path = file.Path;
        File = file;
    }

    /// <summary>The file. Whoever takes it over and disposes it leaves the path to this.</summary>
    public HostDiskFile File { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="target">The path that it will have.</param>
    /// <exception cref="DiskException">It cannot be made.</exception>
    public static PartialFile Create(string target)
    {
        string path = target + VirtualDisk.PartialEnding;
        try
        {
            RemoveLeftOver(path);
            SafeFileHandle handle = System.IO.File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            return new PartialFile(target, new HostDiskFile(path, handle, readOnly: false));
        }
        catch (UnauthorizedAccessException error)
        {
            throw new DiskException($"The disk file '{target}' cannot be created: permission denied. Change the permissions of its folder, or choose another.", error);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new DiskException($"The disk file '{target}' cannot be created: its folder does not exist. Create the folder first.", error);
        }
        catch (IOException error) when (error is not DiskException)
        {
            throw new DiskException(
                $"The disk file '{target}' cannot be created: it is being created already, or the host reports an error ({error.Message}).", error);
        }
    }

    /// <summary>Gives the file its name, durably. It is closed and flushed.</summary>
    /// <param name="replace">Whether it takes the place of a file; else nothing may be there.</param>
    /// <exception cref="DiskException">Something is there.</exception>
    public void Complete(bool replace)
    {
        if (replace)
        {
            // The analyzer does not know that this runs on Linux alone.
            if (!OperatingSystem.IsWindows())
            {
                System.IO.File.SetUnixFileMode(_path, System.IO.File.GetUnixFileMode(_target));
            }

            System.IO.File.Move(_path, _target, overwrite: true);
        }
        else if (!DiskFileCalls.TryRenameToNew(_path, _target))
        {
            throw Exists(_target);
        }

        _isDone = true;
        DirectorySync.Flush(Path.GetDirectoryName(_target)!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Dispose();
        if (!_isDone)
        {
            System.IO.File.Delete(_path);
        }
    }

    /// <summary>A file is in the way.</summary>
    public static DiskException Exists(string path) => new($"The disk file '{path}' cannot be created: it exists already. Choose another path, or delete it.");

    // Whoever makes one at the moment has locked it.
    private static void RemoveLeftOver(string path)
    {
        if (System.IO.File.Exists(path))
        {
            using SafeFileHandle left = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            System.IO.File.Delete(path);
        }
    }
}
