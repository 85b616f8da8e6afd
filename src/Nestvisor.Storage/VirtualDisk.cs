using Nestvisor.Storage.Files;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage;

/// <summary>
/// Disk files in the formats raw, VHD and VHDX. The extension fixes the format: .vhdx and .vhd (in any case), anything else is raw. It is never
/// guessed from the content, since the guest writes the content of a raw disk and could make it look like another format that names other files.
/// Each operation that changes a file leaves, if it is cut off at any point, the old file or the new one; what is left beside it then ends in
/// <see cref="PartialEnding"/>.
/// </summary>
/// <remarks>
/// All throw <see cref="DiskException"/>, which names the file, the reason and what to do, and other <see cref="IOException"/>s if the host fails
/// while they work. Progress is reported in percent.
/// </remarks>
public static class VirtualDisk
{
    /// <summary>Ending of a file that is being made until it gets its name.</summary>
    public const string PartialEnding = ".nestvisor-partial";

    /// <summary>The largest VHDX disk: 64 TB.</summary>
    public const long MaxVhdxSize = 64L << 40;

    /// <summary>The largest VHD disk: 2040 GB.</summary>
    public const long MaxVhdSize = 2040L << 30;

    /// <summary>The smallest disk that <see cref="Create"/> makes: 3 MB.</summary>
    public const long MinSize = 3L << 20;

    /// <summary>The format that the extension of a path stands for.</summary>
    public static DiskFormat FormatOf(string path)
    {
        string extension = Path.GetExtension(path);
        return extension.Equals(".vhdx", StringComparison.OrdinalIgnoreCase) ? DiskFormat.Vhdx
            : extension.Equals(".vhd", StringComparison.OrdinalIgnoreCase) ? DiskFormat.Vhd
            : DiskFormat.Raw;
    }

    /// <summary>Opens a disk and locks its file: one writer alone, or any number of readers.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="readOnly">Whether to refuse writes. The file then is not changed at all, not even if its log has to be replayed.</param>
    /// <exception cref="DiskException">It is missing, in use, damaged, a differencing disk or not of the format its extension says.</exception>
    public static IDisk Open(string path, bool readOnly) =>
        FormatOf(path) == DiskFormat.Raw ? RawDisk.Open(path, readOnly) : DiskFileFormats.Open(DiskFileOpening.Open(path, readOnly), FormatOf(path));

    /// <summary>Describes a disk. It may be attached, and is neither locked nor changed.</summary>
    /// <exception cref="DiskException">It is missing, damaged or not of the format its extension says.</exception>
    public static VirtualDiskInfo Inspect(string path) => DiskInspection.Run(path);

    /// <summary>Makes a disk file that reads as zeros.</summary>
    /// <exception cref="DiskException">The options are outside the format's limits, the file exists, or the host has no room for it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is left of it.</exception>
    public static void Create(VirtualDiskCreation options, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        VirtualDiskCreation complete = CreationRules.Complete(options);
        Make(complete, (file, steps) => DiskFileFormats.Create(file, complete, VhdxLogWriter.NewGuid(), steps, cancellation), progress);
    }

    /// <summary>
    /// Changes the size of a disk. VHDX and raw grow and shrink, VHD grows. It shrinks to no less than <see cref="VirtualDiskInfo.MinimumSize"/> and, without
    /// a known partition table, only if what is cut off is all zeros. VHD files are written anew beside the old one, others change in place.
    /// </summary>
    /// <param name="path">Path of the file, which is not attached.</param>
    /// <param name="size">Bytes, within the same limits as at its creation.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early with the old size.</param>
    /// <exception cref="DiskException">The size is not possible, or the file is in use or damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the disk is as it was.</exception>
    public static void Resize(string path, long size, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        DiskChanges.Resize(path, size, progress, cancellation);

    /// <summary>Copies a disk into a new file, of another format, type or block size. The new disk has an identifier of its own.</summary>
    /// <param name="source">Path of the disk, which is read only and may be attached read-only.</param>
    /// <param name="target">The new file. A size of 0 is the source's, a sector size of 0 too.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early; nothing is left of the target.</param>
    /// <exception cref="DiskException">Source or target cannot be used, or the target cannot hold the source.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is left of it.</exception>
    public static void Convert(string source, VirtualDiskCreation target, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        using IDisk disk = Open(source, readOnly: true);
        VirtualDiskCreation complete = CreationRules.Complete(target with
        {
            Size = target.Size == 0 ? disk.Length : target.Size,
            LogicalSectorSize = target.LogicalSectorSize == 0 ? disk.SectorSize : target.LogicalSectorSize,
        });
        if (complete.Size < disk.Length)
        {
            throw new DiskException($"The disk '{source}' of {disk.Length} bytes does not fit into '{target.Path}' of {complete.Size}. Give the new disk its size.");
        }

        if (complete.LogicalSectorSize != disk.SectorSize)
        {
            throw new DiskException(
                $"The disk '{source}' with sectors of {disk.SectorSize} bytes cannot become '{target.Path}' with sectors of {complete.LogicalSectorSize}: "
                    + "partitions and file systems are written in sectors. Keep the size, in a VHDX file if it is 4096.");
        }

        Make(
            complete,
            (file, steps) =>
            {
                DiskFileFormats.Create(file, complete, VhdxLogWriter.NewGuid(), null, cancellation);
                using IDisk copy = FormatOf(complete.Path) == DiskFormat.Raw ? RawDisk.On(file) : DiskFileFormats.Open(file, FormatOf(complete.Path));
                DiskCopy.Run(disk, copy, disk.Length, steps, cancellation);
                copy.Flush();
            },
            progress);
    }

    /// <summary>Makes the file of a dynamic disk shorter by giving back blocks that are not used. Other types have nothing to give back and stay as they are.</summary>
    /// <param name="path">Path of the file, which is not attached.</param>
    /// <param name="mode">How thoroughly.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early; what has been done is kept, the contents are the same.</param>
    /// <exception cref="DiskException">The file is in use or damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Optimize(string path, DiskCompactMode mode, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        DiskChanges.Optimize(path, mode, progress, cancellation);

    /// <summary>Looks at all structures of a disk file, which is not changed. An attached one is an error.</summary>
    /// <exception cref="DiskException">It is missing, damaged, in use by a writer, or cannot be opened as a disk: what <see cref="Open"/> would say.</exception>
    public static void Check(string path) => Open(path, readOnly: true).Dispose();

    /// <summary>Gives a VHD or VHDX disk another identifier.</summary>
    /// <exception cref="DiskException">The file is raw, in use or damaged.</exception>
    public static void SetIdentifier(string path, Guid identifier) => DiskChanges.SetIdentifier(path, identifier);

    /// <summary>Sets the size of a physical sector that a VHDX disk reports.</summary>
    /// <param name="path">Path of the file, which is not attached.</param>
    /// <param name="size">512 or 4096 bytes, no less than a logical sector.</param>
    /// <exception cref="DiskException">The size is not possible, or the file is no VHDX, in use or damaged.</exception>
    public static void SetPhysicalSectorSize(string path, int size) => DiskChanges.SetPhysicalSectorSize(path, size);

    // The file gets its name when it is complete.
    private static void Make(VirtualDiskCreation options, Action<HostDiskFile, IProgress<int>?> fill, IProgress<int>? progress)
    {
        if (Path.Exists(options.Path))
        {
            throw PartialFile.Exists(options.Path);
        }

        using PartialFile partial = PartialFile.Create(options.Path);
        try
        {
            fill(partial.File, progress);
            partial.Complete(replace: false);
        }
        catch (IOException error) when (error is not DiskException)
        {
            throw new DiskException($"The disk file '{options.Path}' cannot be created: {error.Message} Free some room, or choose another folder.", error);
        }
    }
}
