using Nestvisor.Storage.Vhd;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Files;

/// <summary>Changes disk files that nobody uses.</summary>
internal static class DiskChanges
{
    /// <summary>Changes the size of a disk.</summary>
    public static void Resize(string path, long size, IProgress<int>? progress, CancellationToken cancellation)
    {
        DiskFormat format = VirtualDisk.FormatOf(path);
        using IDisk disk = VirtualDisk.Open(path, readOnly: false);
        CreationRules.CheckSize(path, format, size, disk.SectorSize);
        if (size == disk.Length)
        {
            return;
        }

        if (size < disk.Length)
        {
            CheckShrink(path, format, disk, size, cancellation);
        }

        switch (disk)
        {
            case VhdxDisk vhdx:
                VhdxResize.Run(vhdx, size, progress, cancellation);
                break;
            case RawDisk raw:
                raw.Resize(size);
                break;
            default:
                RewriteVhd(path, disk, size, progress, cancellation);
                break;
        }
    }

    /// <summary>Makes a disk's file shorter.</summary>
    public static void Optimize(string path, DiskCompactMode mode, IProgress<int>? progress, CancellationToken cancellation)
    {
        if (!Enum.IsDefined(mode))
        {
            throw new DiskException($"The disk file '{path}' cannot be optimized: {(int)mode} is no mode. Give one from 0 to 4.");
        }

        using IDisk disk = VirtualDisk.Open(path, readOnly: false);
        switch (disk)
        {
            case VhdxDisk { Image.Metadata.IsFixed: false } vhdx when mode == DiskCompactMode.Retrim:
                VhdxOptimize.Retrim(vhdx);
                break;
            case VhdxDisk { Image.Metadata.IsFixed: false } vhdx:
                VhdxOptimize.Run(vhdx, mode is DiskCompactMode.Full or DiskCompactMode.Prezeroed, progress, cancellation);
                break;
            case VhdDynamicDisk when mode is DiskCompactMode.Full or DiskCompactMode.Prezeroed:
                // The format does not say which blocks the guest does not need, so that only zeros can go.
                RewriteVhd(path, disk, disk.Length, progress, cancellation);
                break;
        }
    }

    /// <summary>Gives a disk another identifier.</summary>
    public static void SetIdentifier(string path, Guid identifier)
    {
        if (VirtualDisk.FormatOf(path) == DiskFormat.Raw)
        {
            throw new DiskException($"The disk file '{path}' cannot get an identifier: raw disks have none. Convert it to VHDX.");
        }

        HostDiskFile file = DiskFileOpening.Open(path, readOnly: false);
        if (VirtualDisk.FormatOf(path) == DiskFormat.Vhdx)
        {
            Patch(file, VhdxMetadata.DiskIdentifierItem, identifier.ToByteArray());
            return;
        }

        using VhdImage image = VhdImage.Open(file);
        byte[] footer = VhdFooter.WithIdentifier(image.FooterBytes, identifier);
        if (image.Header is not null)
        {
            // The copy at the beginning counts only if the footer at the end is broken.
            file.Write(0, footer);
            file.Flush();
        }

        byte[] last = new byte[VhdFooter.Size];
        file.Read(file.Length - last.Length, last);
        if (last.AsSpan().SequenceEqual(image.FooterBytes))
        {
            file.Write(file.Length - last.Length, footer);
            file.Flush();
        }
    }

    /// <summary>Sets the physical sector size that a disk reports.</summary>
    public static void SetPhysicalSectorSize(string path, int size)
    {
        if (VirtualDisk.FormatOf(path) != DiskFormat.Vhdx)
        {
            throw new DiskException($"The disk file '{path}' cannot get physical sectors of {size} bytes: only VHDX files store their size. Convert it to VHDX.");
        }

        HostDiskFile file = DiskFileOpening.Open(path, readOnly: false);
        using VhdxImage image = VhdxImage.Open(file);
        if (size is not (512 or 4096) || size < image.Metadata.LogicalSectorSize)
        {
            throw new DiskException(
                $"The disk file '{path}' with logical sectors of {image.Metadata.LogicalSectorSize} bytes cannot get physical sectors of {size} bytes. "
                    + "Give 512 or 4096, no less than a logical sector.");
        }

        Patch(image, VhdxMetadata.PhysicalSectorSizeItem, BitConverter.GetBytes(size));
    }

    private static void Patch(IDiskFile file, Guid item, byte[] value)
    {
        using VhdxImage image = VhdxImage.Open(file);
        Patch(image, item, value);
    }

    private static void Patch(VhdxImage image, Guid item, byte[] value)
    {
        image.BeginChanges(data: false);
        image.Log.Commit(image.Patch(image.Metadata.Places[item], value));
        image.Log.Close();
    }

    private static void CheckShrink(string path, DiskFormat format, IDisk disk, long size, CancellationToken cancellation)
    {
        if (format == DiskFormat.Vhd)
        {
            throw new DiskException($"The disk file '{path}' cannot shrink from {disk.Length} to {size} bytes: VHD files only grow. Convert it to VHDX.");
        }

        if (PartitionTable.FindEnd(disk) is { } minimum)
        {
            if (size < minimum)
            {
                throw new DiskException(
                    $"The disk file '{path}' cannot shrink to {size} bytes: its partitions need {minimum}. Shrink or delete partitions first.");
            }
        }
        else if (!DiskCopy.IsZeroFrom(disk, size, cancellation))
        {
            throw new DiskException(
                $"The disk file '{path}' cannot shrink to {size} bytes: it has no partition table that is known, and what would be cut off is not empty. "
                    + "Discard the end of the disk in the guest first.");
        }
    }

    // The format has no log, so that a new file takes the old one's place. The lock stays with the old one until then.
    private static void RewriteVhd(string path, IDisk disk, long size, IProgress<int>? progress, CancellationToken cancellation)
    {
        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        VirtualDiskInfo info = DiskInspection.Run(path);
        using PartialFile partial = PartialFile.Create(target);
        VhdCreation.Run(partial.File, size, info.Type, info.BlockSize, info.DiskIdentifier, null, cancellation);
        using (IDisk copy = DiskFileFormats.Open(partial.File, DiskFormat.Vhd))
        {
            DiskCopy.Run(disk, copy, disk.Length, progress, cancellation);
            copy.Flush();
        }

        partial.Complete(replace: true);
    }
}
