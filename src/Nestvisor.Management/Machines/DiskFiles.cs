using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Machines;

/// <summary>Judges the files of virtual hard disks.</summary>
internal static class DiskFiles
{
    /// <summary>Checks that a file can be a disk of a machine.</summary>
    /// <param name="machine">The machine's name, for the error.</param>
    /// <param name="disk">The disk.</param>
    /// <exception cref="ApiException">It cannot.</exception>
    public static void CheckAttachable(string machine, DiskConfiguration disk)
    {
        if (!Path.IsPathFullyQualified(disk.Path))
        {
            throw ApiException.InvalidArgument($"'{disk.Path}' is not an absolute path.");
        }

        string ending = Path.GetExtension(disk.Path).ToUpperInvariant();
        if (ending is ".VHD" or ".VHDX" or ".AVHD" or ".AVHDX")
        {
            throw ApiException.NotSupported($"'{disk.Path}' cannot be attached to '{machine}': disks in the VHD and VHDX formats are not supported, raw ones are.");
        }

        _ = BootFiles.RequireFile(machine, "hard disk", disk.Path, disk.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite);
    }
}
