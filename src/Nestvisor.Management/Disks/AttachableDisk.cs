using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Machines;
using Nestvisor.Storage;

namespace Nestvisor.Management.Disks;

/// <summary>Judges files that are to be disks of virtual machines.</summary>
internal static class AttachableDisk
{
    /// <summary>Checks that a file can be a disk of a machine.</summary>
    /// <param name="machine">The machine's name, for the error.</param>
    /// <param name="disk">The disk.</param>
    /// <exception cref="ApiException">It cannot.</exception>
    public static void Check(string machine, DiskConfiguration disk)
    {
        DiskFileRules.CheckPath(disk.Path);
        _ = BootFiles.RequireFile(machine, "hard disk", disk.Path, disk.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite);
        if (VirtualDisk.FormatOf(disk.Path) == DiskFormat.Raw)
        {
            return;
        }

        try
        {
            DiskFileRules.RequireNoParent(VirtualDisk.Inspect(disk.Path));
        }
        catch (DiskException error)
        {
            throw ApiException.Failed($"'{disk.Path}' cannot be attached to '{machine}'. {error.Message}", error);
        }
    }
}
