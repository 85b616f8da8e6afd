using System.Buffers.Binary;
using System.Numerics;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhd;

/// <summary>An open VHD file and what its structures say.</summary>
internal sealed class VhdImage : IDisposable
{
    public const int Sector = 512;
    public const int SmallBlockSize = 512 << 10;
    public const int DefaultBlockSize = 2 << 20;
    private const int MinBlockSize = 256 << 10;
    private const int MaxBlockSize = 256 << 20;

    private VhdImage(IDiskFile file, VhdFooter footer, byte[] footerBytes)
    {
        File = file;
        Footer = footer;
        FooterBytes = footerBytes;
    }

    /// <summary>The file.</summary>
    public IDiskFile File { get; }

    /// <summary>Its footer.</summary>
    public VhdFooter Footer { get; }

    /// <summary>The footer as it is in the file.</summary>
    public byte[] FooterBytes { get; }

    /// <summary>The header of a dynamic or differencing disk.</summary>
    public VhdHeader? Header { get; private init; }

    /// <summary>Reads the structures of a file.</summary>
    /// <param name="file">The file; taken over, also if this fails.</param>
    /// <exception cref="DiskException">It is no VHD file or is damaged.</exception>
    public static VhdImage Open(IDiskFile file)
    {
        try
        {
            return Load(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static VhdImage Load(IDiskFile file)
    {
        byte[] bytes = new byte[VhdFooter.Size];
        if (file.Length < VhdFooter.Size)
        {
            throw DiskErrors.Damaged(file.Path, $"it has {file.Length} bytes, which no VHD file has");
        }

        // A dynamic file whose end was not written to the last still has the copy.
        file.Read(file.Length - VhdFooter.Size, bytes);
        VhdFooter? footer = VhdFooter.TryParse(bytes);
        if (footer is null)
        {
            file.Read(0, bytes);
            footer = VhdFooter.TryParse(bytes) is { Type: DiskType.Dynamic or DiskType.Differencing } copy ? copy : null;
        }

        if (footer is null)
        {
            throw DiskErrors.NotSupported(
                file.Path, "its name ends in .vhd, and it has no footer of a VHD file that is whole",
                "Give it the extension of its format (.vhdx; .img for a raw disk), or restore it from a copy.");
        }

        if (footer.Version >> 16 != 1)
        {
            throw DiskErrors.NotSupported(file.Path, $"its format is VHD version {footer.Version >> 16}, and only version 1 is known", "Convert it with what has made it.");
        }

        if (footer.DiskSize <= 0 || footer.DiskSize % Sector != 0 || footer.DiskSize > VirtualDisk.MaxVhdSize)
        {
            throw DiskErrors.Damaged(file.Path, $"its size of {footer.DiskSize} bytes is no multiple of 512 up to 2040 GB");
        }

        switch (footer.Type)
        {
            case DiskType.Fixed when footer.DiskSize > file.Length - VhdFooter.Size:
                throw DiskErrors.Damaged(file.Path, $"it has {file.Length} bytes, fewer than its disk of {footer.DiskSize}; it was cut off");
            case DiskType.Fixed:
                return new VhdImage(file, footer, bytes);
            case DiskType.Dynamic or DiskType.Differencing:
                return new VhdImage(file, footer, bytes) { Header = LoadHeader(file, footer) };
            default:
                throw DiskErrors.NotSupported(file.Path, $"its type {(int)footer.Type} is not known", "Attach a fixed or dynamic disk.");
        }
    }

    private static VhdHeader LoadHeader(IDiskFile file, VhdFooter footer)
    {
        byte[] bytes = new byte[VhdHeader.Size];
        if (footer.DataOffset > (ulong)file.Length || VhdHeader.Size > file.Length - (long)footer.DataOffset)
        {
            throw DiskErrors.Damaged(file.Path, $"its header at {footer.DataOffset} is not inside the file");
        }

        file.Read((long)footer.DataOffset, bytes);
        VhdHeader header = VhdHeader.TryParse(bytes) ?? throw DiskErrors.Damaged(file.Path, "the header of its blocks is broken");
        if (header.BlockSize is < MinBlockSize or > MaxBlockSize || !BitOperations.IsPow2(header.BlockSize))
        {
            throw DiskErrors.Damaged(file.Path, $"its block size of {header.BlockSize} bytes is no power of two from 256 KB to 256 MB");
        }

        long blocks = (footer.DiskSize + header.BlockSize - 1) / header.BlockSize;
        if (header.Entries < blocks || header.TableOffset % Sector != 0 || header.TableOffset > (ulong)file.Length
            || blocks * sizeof(uint) > file.Length - (long)header.TableOffset)
        {
            throw DiskErrors.Damaged(
                file.Path, $"its block allocation table of {header.Entries} entries at {header.TableOffset} is not inside the file or does not hold {blocks} blocks");
        }

        return header;
    }

    /// <summary>Reads the block allocation table: for each block of the disk the sector it begins at, all ones for none.</summary>
    public uint[] LoadTable()
    {
        int blocks = (int)((Footer.DiskSize + Header!.BlockSize - 1) / Header.BlockSize);
        uint[] table = new uint[blocks];
        byte[] bytes = new byte[64 * 1024];
        for (int first = 0; first < blocks; first += bytes.Length / sizeof(uint))
        {
            int count = Math.Min(bytes.Length / sizeof(uint), blocks - first);
            File.Read((long)Header.TableOffset + ((long)first * sizeof(uint)), bytes.AsSpan(0, count * sizeof(uint)));
            for (int i = 0; i < count; i++)
            {
                table[first + i] = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i * sizeof(uint)));
            }
        }

        return table;
    }
}
