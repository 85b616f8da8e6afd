using System.Numerics;
using Nestvisor.Api.Disks;
using Nestvisor.Api.Errors;
using Nestvisor.Storage;

namespace Nestvisor.Management.Disks;

/// <summary>What a request about a disk file may say. Hyper-V's limits, with raw disks beside its formats.</summary>
internal static class DiskFileRules
{
    private const int SmallSector = 512;
    private const int LargeSector = 4096;
    private const long SmallVhdBlock = 512L << 10;
    private const long LargeVhdBlock = 2L << 20;
    private const long SmallestVhdxBlock = 1L << 20;
    private const long LargestVhdxBlock = 256L << 20;

    private static readonly string[] s_otherFormats = [".vhds", ".avhd", ".avhdx", ".vhdpmem", ".avhdpmem", ".vmdk", ".qcow2", ".vdi", ".iso"];

    /// <summary>Checks a path whose extension says which format the file has.</summary>
    /// <exception cref="ApiException">It is not absolute, or the format is not supported.</exception>
    public static void CheckPath(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");
        }

        string extension = Path.GetExtension(path);
        if (Array.Exists(s_otherFormats, other => other.Equals(extension, StringComparison.OrdinalIgnoreCase)))
        {
            throw ApiException.NotSupported(
                $"'{path}' cannot be used: files with the extension {extension} are not supported as disks. VHDX (.vhdx), VHD (.vhd) and raw files (any other extension) are.");
        }
    }

    /// <summary>Checks the path of a file that is to be made.</summary>
    /// <exception cref="ApiException">It is there, or its folder is not.</exception>
    public static void CheckNew(string path)
    {
        CheckPath(path);
        if (Path.Exists(path))
        {
            throw DiskErrors.Failed($"'{path}' exists already. Choose another path, or remove what is there.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw ApiException.NotFound($"The folder of '{path}' does not exist. Make it first.");
        }
    }

    /// <summary>What the storage makes of a request for a new disk.</summary>
    /// <exception cref="ApiException">The request breaks a rule.</exception>
    public static VirtualDiskCreation Creation(CreateDiskFileRequest request)
    {
        CheckNew(request.Path);
        CheckType(request.Path, request.Type);
        CheckSectors(request);
        CheckBlock(request.Path, request.Type, request.BlockSizeBytes);
        CheckSize(request.Path, request.SizeBytes, request.LogicalSectorSizeBytes ?? SmallSector);
        return new VirtualDiskCreation
        {
            Path = request.Path,
            Size = request.SizeBytes,
            Type = Of(request.Type),
            BlockSize = (int)(request.BlockSizeBytes ?? 0),
            LogicalSectorSize = request.LogicalSectorSizeBytes ?? 0,
            PhysicalSectorSize = request.PhysicalSectorSizeBytes ?? 0,
        };
    }

    /// <summary>What the storage makes of a request for a copy.</summary>
    /// <param name="request">The request.</param>
    /// <param name="source">The disk.</param>
    /// <exception cref="ApiException">The request breaks a rule.</exception>
    public static VirtualDiskCreation Copy(ConvertDiskFileRequest request, VirtualDiskInfo source)
    {
        CheckNew(request.DestinationPath);
        DiskFileType type = request.Type
            ?? (VirtualDisk.FormatOf(request.DestinationPath) == DiskFormat.Raw || source.Type == DiskType.Fixed ? DiskFileType.Fixed : DiskFileType.Dynamic);
        CheckType(request.DestinationPath, type);
        CheckBlock(request.DestinationPath, type, request.BlockSizeBytes);
        CheckSize(request.DestinationPath, source.Size, source.LogicalSectorSize);
        if (source.LogicalSectorSize != SmallSector && VirtualDisk.FormatOf(request.DestinationPath) != DiskFormat.Vhdx)
        {
            throw ApiException.InvalidArgument(
                $"'{source.Path}' has sectors of {source.LogicalSectorSize} bytes, and only VHDX can hold those: choose a destination that ends in .vhdx, not '{request.DestinationPath}'.");
        }

        return new VirtualDiskCreation { Path = request.DestinationPath, Type = Of(type), BlockSize = (int)(request.BlockSizeBytes ?? 0) };
    }

    /// <summary>The size that a disk is to get.</summary>
    /// <param name="request">The request.</param>
    /// <param name="disk">The disk.</param>
    /// <exception cref="ApiException">The disk cannot get that size.</exception>
    public static long NewSize(ResizeDiskFileRequest request, VirtualDiskInfo disk)
    {
        RequireNoParent(disk);
        if (request.SizeBytes is null && disk.Format == DiskFormat.Vhd)
        {
            throw ApiException.InvalidArgument($"'{disk.Path}' cannot be made smaller: only VHDX disks can. Convert it with Convert-VHD first.");
        }

        long size = request.SizeBytes ?? disk.MinimumSize ?? throw DiskErrors.Failed(
            $"The smallest size of '{disk.Path}' is not known: it has no partition table that is known (MBR or GPT). Give a size.");
        CheckSize(disk.Path, size, disk.LogicalSectorSize);
        if (disk.Format == DiskFormat.Vhd && size <= disk.Size)
        {
            throw ApiException.InvalidArgument(
                $"'{disk.Path}' has {disk.Size} bytes and cannot get {size}: a size that is smaller or the same is possible with VHDX disks only.");
        }

        return size >= disk.Size || disk.MinimumSize is not { } smallest || size >= smallest
            ? size
            : throw ApiException.InvalidArgument($"'{disk.Path}' cannot get {size} bytes: its partitions need {smallest} (MinimumSize).");
    }

    /// <summary>How the storage goes about a compaction.</summary>
    /// <param name="mode">What was asked for.</param>
    /// <param name="disk">The disk, which is not attached.</param>
    /// <exception cref="ApiException">The disk is not dynamic, or the mode needs one that is attached read-only.</exception>
    public static DiskCompactMode Compaction(DiskFileCompaction mode, VirtualDiskInfo disk)
    {
        RequireNoParent(disk);
        if (disk.Type != DiskType.Dynamic)
        {
            throw DiskErrors.Failed($"'{disk.Path}' is a fixed disk, whose file cannot become smaller; only that of a dynamic one can. Convert it with Convert-VHD -VHDType Dynamic.");
        }

        return mode switch
        {
            DiskFileCompaction.Default => disk.Format == DiskFormat.Vhd ? DiskCompactMode.Prezeroed : DiskCompactMode.Pretrimmed,
            DiskFileCompaction.Full or DiskFileCompaction.Prezeroed => DiskCompactMode.Prezeroed,
            DiskFileCompaction.Quick or DiskFileCompaction.Pretrimmed => DiskCompactMode.Pretrimmed,
            _ => throw ApiException.NotSupported(
                $"The mode Retrim needs a disk that is attached read-only, which is not supported: '{disk.Path}' is not. Use Quick or Full."),
        };
    }

    /// <summary>Checks that a disk does not differ from another one.</summary>
    /// <exception cref="ApiException">It does.</exception>
    public static void RequireNoParent(VirtualDiskInfo disk)
    {
        if (disk.Type == DiskType.Differencing)
        {
            throw ApiException.NotSupported($"'{disk.Path}' is a differencing disk (its parent is '{disk.ParentPath}'); these are not supported.");
        }
    }

    private static void CheckType(string path, DiskFileType type)
    {
        if (type == DiskFileType.Differencing)
        {
            throw ApiException.NotSupported($"'{path}' cannot be made: differencing disks are not supported.");
        }

        if (type == DiskFileType.Dynamic && VirtualDisk.FormatOf(path) == DiskFormat.Raw)
        {
            throw ApiException.InvalidArgument($"'{path}' would be a raw disk, which is always fixed. Choose an extension .vhdx or .vhd, or a fixed disk.");
        }
    }

    private static void CheckSectors(CreateDiskFileRequest request)
    {
        int logical = request.LogicalSectorSizeBytes ?? SmallSector;
        int physical = request.PhysicalSectorSizeBytes ?? LargeSector;
        if (logical is not (SmallSector or LargeSector) || physical is not (SmallSector or LargeSector))
        {
            throw ApiException.InvalidArgument($"A sector has {SmallSector} or {LargeSector} bytes.");
        }

        if (VirtualDisk.FormatOf(request.Path) != DiskFormat.Vhdx
            && (logical != SmallSector || request.PhysicalSectorSizeBytes is not (null or SmallSector)))
        {
            throw ApiException.InvalidArgument($"'{request.Path}' can only have sectors of {SmallSector} bytes; a VHDX disk (.vhdx) can have larger ones.");
        }

        if (physical < logical)
        {
            throw ApiException.InvalidArgument($"A physical sector of {physical} bytes is smaller than a logical one of {logical}.");
        }
    }

    private static void CheckBlock(string path, DiskFileType type, long? block)
    {
        if (block is not { } bytes)
        {
            return;
        }

        (bool fits, string allowed) = (VirtualDisk.FormatOf(path), type) switch
        {
            (DiskFormat.Vhdx, _) => (
                bytes is >= SmallestVhdxBlock and <= LargestVhdxBlock && BitOperations.IsPow2(bytes), "a power of two from 1 MB to 256 MB"),
            (DiskFormat.Vhd, DiskFileType.Dynamic) => (bytes is SmallVhdBlock or LargeVhdBlock, "512 KB or 2 MB"),
            _ => (false, "none: it is not divided into blocks"),
        };
        if (!fits)
        {
            throw ApiException.InvalidArgument($"A block of {bytes} bytes is not possible in '{path}'. Possible is {allowed}.");
        }
    }

    private static void CheckSize(string path, long size, int sector)
    {
        (string name, long largest, string limit) = VirtualDisk.FormatOf(path) switch
        {
            DiskFormat.Vhd => ("VHD", VirtualDisk.MaxVhdSize, "2040 GB"),
            DiskFormat.Vhdx => ("VHDX", VirtualDisk.MaxVhdxSize, "64 TB"),
            _ => ("raw", VirtualDisk.MaxVhdxSize, "64 TB"),
        };
        if (size < VirtualDisk.MinSize || size > largest || size % sector != 0)
        {
            throw ApiException.InvalidArgument(
                $"'{path}' cannot have {size} bytes: a {name} disk has 3 MB to {limit}, in whole sectors of {sector} bytes.");
        }
    }

    private static DiskType Of(DiskFileType type) => type == DiskFileType.Fixed ? DiskType.Fixed : DiskType.Dynamic;
}
