using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;
using Nestvisor.Storage;

namespace Nestvisor.Management.Disks;

/// <summary>
/// What can be done with disk files. The files are locked while a virtual machine or one of these operations works on them; beyond that, what a
/// machine that is not off relies on is not changed, and the error names the machine.
/// </summary>
/// <param name="findUse">Finds a machine that is not off and has the disk of a path; null for none.</param>
internal sealed class DiskFileManager(Func<string, DiskUse?> findUse)
{
    /// <summary>Describes a disk.</summary>
    /// <exception cref="ApiException">It cannot be read.</exception>
    public DiskFileInfo Inspect(string path) => Do("Failed to get the virtual disk.", path, () => Describe(path));

    /// <summary>Looks at all structures of a disk file.</summary>
    /// <exception cref="ApiException">It is damaged or in use.</exception>
    public void Check(string path) => Do("Failed to validate the virtual disk.", path, () =>
    {
        RequireFile(path);
        if (findUse(path) is { IsSaved: false } use)
        {
            throw InUse(path, use);
        }

        VirtualDisk.Check(path);
        return true;
    });

    /// <summary>Makes a disk file.</summary>
    /// <exception cref="ApiException">It cannot be made; nothing is left of it.</exception>
    public DiskFileInfo Create(CreateDiskFileRequest request, IProgress<int>? progress, CancellationToken cancellation) =>
        Do("Failed to create the virtual hard disk.", request.Path, () =>
        {
            VirtualDisk.Create(DiskFileRules.Creation(request), progress, cancellation);
            return Describe(request.Path);
        });

    /// <summary>Changes the size of a disk.</summary>
    /// <exception cref="ApiException">It cannot have that size; it has the old one.</exception>
    public DiskFileInfo Resize(ResizeDiskFileRequest request, IProgress<int>? progress, CancellationToken cancellation) =>
        Do("Failed to resize the virtual disk.", request.Path, () =>
        {
            VirtualDiskInfo disk = RequireUnused(request.Path);
            VirtualDisk.Resize(request.Path, DiskFileRules.NewSize(request, disk), progress, cancellation);
            return Describe(request.Path);
        });

    /// <summary>Copies a disk into a file of another format or type.</summary>
    /// <exception cref="ApiException">It cannot be copied; nothing is left of the copy.</exception>
    public DiskFileInfo Convert(ConvertDiskFileRequest request, IProgress<int>? progress, CancellationToken cancellation) =>
        Do("Failed to convert the virtual disk.", request.Path, () =>
        {
            RequireFile(request.Path);
            if (findUse(request.Path) is { } use && (request.DeleteSource || use is { IsSaved: false, IsReadOnly: false }))
            {
                throw InUse(request.Path, use);
            }

            VirtualDiskInfo source = VirtualDisk.Inspect(request.Path);
            DiskFileRules.RequireNoParent(source);
            VirtualDisk.Convert(request.Path, DiskFileRules.Copy(request, source), progress, cancellation);
            if (request.DeleteSource)
            {
                File.Delete(request.Path);
            }

            return Describe(request.DestinationPath);
        });

    /// <summary>Makes the file of a dynamic disk smaller.</summary>
    /// <exception cref="ApiException">It cannot be done; the contents are the same.</exception>
    public DiskFileInfo Optimize(OptimizeDiskFileRequest request, IProgress<int>? progress, CancellationToken cancellation) =>
        Do("Failed to compact the virtual disk.", request.Path, () =>
        {
            VirtualDiskInfo disk = RequireUnused(request.Path);
            VirtualDisk.Optimize(request.Path, DiskFileRules.Compaction(request.Mode, disk), progress, cancellation);
            return Describe(request.Path);
        });

    /// <summary>Changes what a disk file says of itself.</summary>
    /// <exception cref="ApiException">It cannot be changed.</exception>
    public DiskFileInfo Change(ChangeDiskFileRequest request) => Do("Failed to modify the virtual disk.", request.Path, () =>
    {
        VirtualDiskInfo disk = RequireUnused(request.Path);
        if (disk.Format == DiskFormat.Raw || (request.PhysicalSectorSizeBytes is not null && disk.Format != DiskFormat.Vhdx))
        {
            throw ApiException.InvalidArgument(
                $"'{request.Path}' is {(disk.Format == DiskFormat.Raw ? "a raw disk, which says nothing of itself" : "a VHD disk, whose sectors have 512 bytes")}. "
                + "Convert it with Convert-VHD to a VHDX disk first.");
        }

        if (request.PhysicalSectorSizeBytes is { } size)
        {
            VirtualDisk.SetPhysicalSectorSize(request.Path, size);
        }

        if (request.ResetDiskIdentifier)
        {
            VirtualDisk.SetIdentifier(request.Path, Guid.NewGuid());
        }

        return Describe(request.Path);
    });

    private static T Do<T>(string title, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is ApiException or IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.WithTitle(title, DiskErrors.Of(path, error));
        }
    }

    private static void RequireFile(string path)
    {
        DiskFileRules.CheckPath(path);
        if (!File.Exists(path))
        {
            throw Directory.Exists(path)
                ? ApiException.InvalidArgument($"'{path}' is a folder, not a disk file.")
                : ApiException.NotFound($"The disk file '{path}' does not exist. Check the path.");
        }
    }

    private static ApiException InUse(string path, DiskUse use) => ApiException.InUse(
        $"'{path}' is in use by the virtual machine '{use.Machine}', which is {(use.IsSaved ? "saved and relies on it" : "not off")}. "
        + $"Turn it off with Stop-VM{(use.IsSaved ? " after Start-VM, or remove its state with Remove-VMSavedState" : "")}, and try again.");

    private VirtualDiskInfo RequireUnused(string path)
    {
        RequireFile(path);
        return findUse(path) is { } use ? throw InUse(path, use) : VirtualDisk.Inspect(path);
    }

    private DiskFileInfo Describe(string path)
    {
        RequireFile(path);
        VirtualDiskInfo disk = VirtualDisk.Inspect(path);
        return new DiskFileInfo
        {
            Path = disk.Path,
            Format = disk.Format switch
            {
                DiskFormat.Vhd => DiskFileFormat.Vhd,
                DiskFormat.Vhdx => DiskFileFormat.Vhdx,
                _ => DiskFileFormat.Raw,
            },
            Type = disk.Type switch
            {
                DiskType.Fixed => DiskFileType.Fixed,
                DiskType.Differencing => DiskFileType.Differencing,
                _ => DiskFileType.Dynamic,
            },
            FileSize = disk.FileSize,
            Size = disk.Size,
            MinimumSize = disk.MinimumSize,
            LogicalSectorSize = disk.LogicalSectorSize,
            PhysicalSectorSize = disk.PhysicalSectorSize,
            BlockSize = disk.BlockSize,
            ParentPath = disk.ParentPath,
            DiskIdentifier = disk.DiskIdentifier,
            FragmentationPercentage = disk.FragmentationPercentage,
            Alignment = disk.Alignment,
            Attached = disk.Attached || findUse(path) is { IsSaved: false },
        };
    }
}
