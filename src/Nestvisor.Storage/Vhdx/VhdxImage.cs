using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>An open VHDX file and what its structures say.</summary>
internal sealed class VhdxImage : IDisposable
{
    private VhdxImage(IDiskFile file, VhdxHeaderPair headers)
    {
        File = file;
        Headers = headers;
        Log = new VhdxLogWriter(file, headers);
        Regions = VhdxRegions.Load(file, headers.Current);
        Metadata = VhdxMetadata.Load(file, Regions.Metadata);
    }

    /// <summary>The file, with its log carried out.</summary>
    public IDiskFile File { get; }

    /// <summary>Its headers.</summary>
    public VhdxHeaderPair Headers { get; }

    /// <summary>Changes its structures.</summary>
    public VhdxLogWriter Log { get; }

    /// <summary>Its regions.</summary>
    public VhdxRegions Regions { get; private set; }

    /// <summary>What it says of the disk.</summary>
    public VhdxMetadata Metadata { get; private set; }

    /// <summary>Reads the structures of a file and carries its log out: in the file, or, if it is read-only, in memory.</summary>
    /// <param name="file">The file; taken over, also if this fails.</param>
    /// <exception cref="DiskException">It is no VHDX file, is damaged, or asks for what is not known.</exception>
    public static VhdxImage Open(IDiskFile file)
    {
        try
        {
            Span<byte> signature = stackalloc byte[VhdxLayout.FileSignature.Length];
            file.Read(0, signature[..(int)Math.Min(file.Length, signature.Length)]);
            if (!signature.SequenceEqual(VhdxLayout.FileSignature))
            {
                throw DiskErrors.NotSupported(
                    file.Path, "its name ends in .vhdx, and it does not begin as a VHDX file does",
                    "Give it the extension of its format (.vhd; .img for a raw disk), or restore it from a copy.");
            }

            if (file.Length is < VhdxLayout.HeaderSectionEnd or > VhdxLayout.MaxFileLength)
            {
                throw DiskErrors.Damaged(file.Path, $"it has {file.Length} bytes, which no VHDX file has");
            }

            VhdxHeaderPair headers = VhdxHeaderPair.Load(file);
            if (headers.Current.LogGuid != Guid.Empty)
            {
                if (file.IsReadOnly)
                {
                    file = VhdxLogReplay.Overlay(file, headers.Current);
                }
                else
                {
                    VhdxLogReplay.Run(file, headers.Current);
                    headers.Update(file, headers.Current with { LogGuid = Guid.Empty });
                }
            }

            return new VhdxImage(file, headers);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Tells by new identifiers in the headers that the file begins to change, before it does (MS-VHDX §2.2.2).</summary>
    /// <param name="data">Whether what the guest sees changes too.</param>
    public void BeginChanges(bool data) => Headers.Update(File, Headers.Current with
    {
        FileWriteGuid = VhdxLogWriter.NewGuid(),
        DataWriteGuid = data ? VhdxLogWriter.NewGuid() : Headers.Current.DataWriteGuid,
    });

    /// <summary>Reads regions and metadata again after they have changed.</summary>
    public void Reload()
    {
        Regions = VhdxRegions.Load(File, Headers.Current);
        Metadata = VhdxMetadata.Load(File, Regions.Metadata);
    }

    /// <summary>The sectors of the file with a few bytes changed, for the log.</summary>
    public List<(long Offset, byte[] Sector)> Patch(long offset, ReadOnlySpan<byte> bytes)
    {
        long first = offset / VhdxLayout.Sector * VhdxLayout.Sector;
        long end = (offset + bytes.Length + VhdxLayout.Sector - 1) / VhdxLayout.Sector * VhdxLayout.Sector;
        byte[] all = new byte[end - first];
        File.Read(first, all);
        bytes.CopyTo(all.AsSpan((int)(offset - first)));
        List<(long, byte[])> sectors = [];
        for (int i = 0; i < all.Length; i += VhdxLayout.Sector)
        {
            sectors.Add((first + i, all[i..(i + VhdxLayout.Sector)]));
        }

        return sectors;
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}
