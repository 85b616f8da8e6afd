using System.Numerics;
using Nestvisor.Storage.Vhd;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Files;

/// <summary>The limits of each format, and its defaults.</summary>
internal static class CreationRules
{
    /// <summary>Puts in the defaults and checks all values.</summary>
    /// <exception cref="DiskException">A value is outside the limits.</exception>
    public static VirtualDiskCreation Complete(VirtualDiskCreation options)
    {
        DiskFormat format = VirtualDisk.FormatOf(options.Path);
        VirtualDiskCreation complete = options with
        {
            Path = Path.GetFullPath(options.Path),
            LogicalSectorSize = options.LogicalSectorSize == 0 ? 512 : options.LogicalSectorSize,
            PhysicalSectorSize = options.PhysicalSectorSize != 0 ? options.PhysicalSectorSize : format == DiskFormat.Vhdx ? 4096 : 512,
            BlockSize = options.BlockSize != 0 ? options.BlockSize
                : format == DiskFormat.Vhdx ? VhdxLayout.DefaultBlockSize
                : format == DiskFormat.Vhd && options.Type == DiskType.Dynamic ? VhdImage.DefaultBlockSize : 0,
        };
        if (options.Type is not (DiskType.Fixed or DiskType.Dynamic))
        {
            throw Refuse(options, "differencing disks are not supported. Create a fixed or dynamic one");
        }

        if (complete.LogicalSectorSize is not (512 or 4096) || complete.PhysicalSectorSize is not (512 or 4096)
            || complete.PhysicalSectorSize < complete.LogicalSectorSize
            || (format != DiskFormat.Vhdx && complete is not { LogicalSectorSize: 512, PhysicalSectorSize: 512 }))
        {
            throw Refuse(
                options,
                $"sectors of {complete.LogicalSectorSize} (logical) and {complete.PhysicalSectorSize} (physical) bytes are not possible. VHDX has 512 and 512, "
                    + "512 and 4096, or 4096 and 4096, other formats have 512");
        }

        CheckSize(options.Path, format, options.Size, complete.LogicalSectorSize);
        CheckBlockSize(complete, format);
        return complete;
    }

    /// <summary>Checks the size of a disk.</summary>
    /// <exception cref="DiskException">It is outside the limits.</exception>
    public static void CheckSize(string path, DiskFormat format, long size, int sector)
    {
        long max = format == DiskFormat.Vhd ? VirtualDisk.MaxVhdSize : VirtualDisk.MaxVhdxSize;
        if (size < VirtualDisk.MinSize || size > max || size % sector != 0)
        {
            throw new DiskException(
                $"The disk file '{path}' cannot have a size of {size} bytes. Give a multiple of {sector} from 3 MB to {(format == DiskFormat.Vhd ? "2040 GB" : "64 TB")}.");
        }
    }

    private static void CheckBlockSize(VirtualDiskCreation options, DiskFormat format)
    {
        bool possible = format switch
        {
            DiskFormat.Vhdx => options.BlockSize is >= VhdxLayout.MinBlockSize and <= VhdxLayout.MaxBlockSize && BitOperations.IsPow2(options.BlockSize),
            DiskFormat.Vhd when options.Type == DiskType.Dynamic => options.BlockSize is VhdImage.SmallBlockSize or VhdImage.DefaultBlockSize,
            _ => options.BlockSize == 0,
        };
        if (!possible)
        {
            throw Refuse(
                options,
                $"blocks of {options.BlockSize} bytes are not possible. VHDX has a power of two from 1 MB to 256 MB, dynamic VHD 512 KB or 2 MB, other files have none");
        }
    }

    private static DiskException Refuse(VirtualDiskCreation options, string reason) => new($"The disk file '{options.Path}' cannot be created: {reason}.");
}
