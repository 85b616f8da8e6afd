using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Storage;

namespace Nestvisor.Management.Machines;

/// <summary>Judges the disk files of machines, so that the error names the file and what to do before a worker is started.</summary>
internal static class DiskFiles
{
    /// <summary>Checks a disk file that is attached: all of its structures, unless somebody uses it at the moment.</summary>
    /// <exception cref="ApiException">It cannot be a disk.</exception>
    public static void CheckThoroughly(string machine, DiskConfiguration disk)
    {
        if (Check(machine, disk) is { Attached: false })
        {
            Run(machine, disk, () => VirtualDisk.Check(disk.Path));
        }
    }

    /// <summary>Checks a disk file of a machine that is about to start; its worker reads the rest.</summary>
    /// <exception cref="ApiException">It cannot be a disk.</exception>
    public static VirtualDiskInfo? Check(string machine, DiskConfiguration disk)
    {
        string extension = Path.GetExtension(disk.Path).ToUpperInvariant();
        if (extension is ".AVHD" or ".AVHDX" or ".VHDS")
        {
            throw ApiException.NotSupported(
                $"'{disk.Path}' cannot be attached to '{machine}': disks of checkpoints and VHD sets are not supported. Attach a VHDX, VHD or raw disk.");
        }

        _ = BootFiles.RequireFile(machine, "hard disk", disk.Path, disk.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite);
        if (VirtualDisk.FormatOf(disk.Path) == DiskFormat.Raw)
        {
            return null;
        }

        VirtualDiskInfo? info = null;
        Run(machine, disk, () => info = VirtualDisk.Inspect(disk.Path));
        return info!.Type == DiskType.Differencing
            ? throw ApiException.NotSupported(
                $"'{disk.Path}' cannot be attached to '{machine}': it is a differencing disk of '{info.ParentPath}', and these are not supported. "
                    + "Merge it into its parent first.")
            : info;
    }

    private static void Run(string machine, DiskConfiguration disk, Action action)
    {
        try
        {
            action();
        }
        catch (IOException error)
        {
            throw ApiException.Failed($"'{machine}' cannot use the hard disk '{disk.Path}'. {error.Message}", error);
        }
    }
}
