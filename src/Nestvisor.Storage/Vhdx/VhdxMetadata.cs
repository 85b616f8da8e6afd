using System.Buffers.Binary;
using System.Numerics;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>What the metadata says of the disk (MS-VHDX §2.6).</summary>
internal sealed record VhdxMetadata
{
    private const ulong Signature = 0x6174_6164_6174_656D; // "metadata"
    private const int MaxItemLength = 1 << 20;
    private const uint FlagRequired = 4;
    private const uint FlagVirtualDisk = 2;
    private const uint LeaveBlocksAllocated = 1;
    private const uint HasParentFlag = 2;
    private const int FileParametersLength = 8;

    public static readonly Guid FileParameters = new("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
    public static readonly Guid VirtualDiskSize = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
    public static readonly Guid DiskIdentifierItem = new("BECA12AB-B2E6-4523-93EF-C309E000C746");
    public static readonly Guid LogicalSectorSizeItem = new("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
    public static readonly Guid PhysicalSectorSizeItem = new("CDA348C7-445D-4471-9CC9-E9885251C556");
    public static readonly Guid ParentLocator = new("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");

    public required int BlockSize { get; init; }

    /// <summary>Whether blocks keep their storage, as those of a fixed disk.</summary>
    public required bool IsFixed { get; init; }

    public bool HasParent { get; init; }

    public required long Size { get; init; }

    public required Guid DiskIdentifier { get; init; }

    public required int LogicalSectorSize { get; init; }

    public required int PhysicalSectorSize { get; init; }

    /// <summary>The parent's path, as far as it can be told.</summary>
    public string ParentPath { get; init; } = "";

    /// <summary>Where the values of items are in the file, by item.</summary>
    public IReadOnlyDictionary<Guid, long> Places { get; init; } = new Dictionary<Guid, long>();

    /// <summary>Payload blocks for one sector-bitmap block (§2.5).</summary>
    public long ChunkRatio => (1L << 23) * LogicalSectorSize / BlockSize;

    /// <summary>Blocks of the disk; the last one may be used in part.</summary>
    public long Blocks => (Size + BlockSize - 1) / BlockSize;

    /// <summary>Entries of the block allocation table, those of sector bitmaps included.</summary>
    public long TableEntries => EntriesFor(Blocks);

    /// <summary>Entries that a number of blocks takes.</summary>
    public long EntriesFor(long blocks) => HasParent
        ? (blocks + ChunkRatio - 1) / ChunkRatio * (ChunkRatio + 1)
        : blocks + ((blocks - 1) / ChunkRatio);

    /// <summary>Reads the metadata.</summary>
    /// <exception cref="DiskException">It is broken, asks for what is not known, or is outside the format's limits.</exception>
    public static VhdxMetadata Load(IDiskFile file, VhdxRegions.Entry region)
    {
        byte[] table = new byte[VhdxLayout.TableSize];
        file.Read(region.Offset, table);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(10));
        if (BinaryPrimitives.ReadUInt64LittleEndian(table) != Signature || count > VhdxLayout.MaxTableEntries)
        {
            throw DiskErrors.Damaged(file.Path, "its metadata table is broken");
        }

        Dictionary<Guid, (long Offset, int Length)> items = [];
        for (int i = 1; i <= count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * VhdxLayout.TableEntrySize, VhdxLayout.TableEntrySize);
            Guid id = new(entry[..16]);
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
            if (!IsKnown(id))
            {
                if ((flags & FlagRequired) != 0)
                {
                    throw DiskErrors.NotSupported(file.Path, $"it has the unknown required metadata {id}", "Convert it with what has made it.");
                }

                continue;
            }

            if (length > MaxItemLength || offset < VhdxLayout.TableSize || offset > region.Length || length > region.Length - offset)
            {
                throw DiskErrors.Damaged(file.Path, $"its metadata {id} of {length} bytes at {offset} is not inside the metadata region");
            }

            if (!items.TryAdd(id, (region.Offset + offset, (int)length)))
            {
                throw DiskErrors.Damaged(file.Path, $"it has the metadata {id} twice");
            }
        }

        return Parse(file, items);
    }

    /// <summary>The metadata region of a new file, from its beginning as far as it is used.</summary>
    public byte[] ToRegion()
    {
        byte[] region = new byte[VhdxLayout.TableSize + VhdxLayout.Sector];
        BinaryPrimitives.WriteUInt64LittleEndian(region, Signature);
        int count = 0, next = VhdxLayout.TableSize;
        Span<byte> parameters = Add(FileParameters, FileParametersLength, FlagRequired);
        BinaryPrimitives.WriteInt32LittleEndian(parameters, BlockSize);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters[4..], IsFixed ? LeaveBlocksAllocated : 0);
        BinaryPrimitives.WriteInt64LittleEndian(Add(VirtualDiskSize, 8, FlagRequired | FlagVirtualDisk), Size);
        _ = DiskIdentifier.TryWriteBytes(Add(DiskIdentifierItem, 16, FlagRequired | FlagVirtualDisk));
        BinaryPrimitives.WriteInt32LittleEndian(Add(LogicalSectorSizeItem, 4, FlagRequired | FlagVirtualDisk), LogicalSectorSize);
        BinaryPrimitives.WriteInt32LittleEndian(Add(PhysicalSectorSizeItem, 4, FlagRequired | FlagVirtualDisk), PhysicalSectorSize);
        BinaryPrimitives.WriteUInt16LittleEndian(region.AsSpan(10), (ushort)count);
        return region;

        Span<byte> Add(Guid id, int length, uint flags)
        {
            Span<byte> entry = region.AsSpan(++count * VhdxLayout.TableEntrySize, VhdxLayout.TableEntrySize);
            _ = id.TryWriteBytes(entry);
            BinaryPrimitives.WriteInt32LittleEndian(entry[16..], next);
            BinaryPrimitives.WriteInt32LittleEndian(entry[20..], length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], flags);
            next += length;
            return region.AsSpan(next - length, length);
        }
    }

    private static bool IsKnown(Guid id) =>
        id == FileParameters || id == VirtualDiskSize || id == DiskIdentifierItem || id == LogicalSectorSizeItem || id == PhysicalSectorSizeItem
            || id == ParentLocator;

    private static VhdxMetadata Parse(IDiskFile file, Dictionary<Guid, (long Offset, int Length)> items)
    {
        ReadOnlySpan<byte> parameters = Read(FileParameters, FileParametersLength, "file parameters");
        uint blockSize = BinaryPrimitives.ReadUInt32LittleEndian(parameters);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(parameters[4..]);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(Read(VirtualDiskSize, 8, "size"));
        Guid identifier = new(Read(DiskIdentifierItem, 16, "identifier"));
        uint logical = BinaryPrimitives.ReadUInt32LittleEndian(Read(LogicalSectorSizeItem, 4, "logical sector size"));
        uint physical = BinaryPrimitives.ReadUInt32LittleEndian(Read(PhysicalSectorSizeItem, 4, "physical sector size"));
        if (blockSize is < VhdxLayout.MinBlockSize or > VhdxLayout.MaxBlockSize || !BitOperations.IsPow2(blockSize))
        {
            throw DiskErrors.Damaged(file.Path, $"its block size of {blockSize} bytes is no power of two from 1 MB to 256 MB");
        }

        if (logical is not (512 or 4096) || physical is not (512 or 4096))
        {
            throw DiskErrors.Damaged(file.Path, $"its sectors of {logical} (logical) and {physical} (physical) bytes are neither 512 nor 4096");
        }

        if (size == 0 || size > (ulong)VirtualDisk.MaxVhdxSize || size % logical != 0)
        {
            throw DiskErrors.Damaged(file.Path, $"its size of {size} bytes is no multiple of its sector size up to 64 TB");
        }

        bool hasParent = (flags & HasParentFlag) != 0;
        return new VhdxMetadata
        {
            BlockSize = (int)blockSize,
            IsFixed = (flags & LeaveBlocksAllocated) != 0 && !hasParent,
            HasParent = hasParent,
            Size = (long)size,
            DiskIdentifier = identifier,
            LogicalSectorSize = (int)logical,
            PhysicalSectorSize = (int)physical,
            ParentPath = hasParent && items.TryGetValue(ParentLocator, out (long Offset, int Length) locator)
                ? VhdxParentLocator.ReadPath(file, locator.Offset, locator.Length)
                : "",
            Places = items.ToDictionary(item => item.Key, item => item.Value.Offset),
        };

        ReadOnlySpan<byte> Read(Guid id, int length, string name)
        {
            if (!items.TryGetValue(id, out (long Offset, int Length) item) || item.Length < length)
            {
                throw DiskErrors.Damaged(file.Path, $"its metadata has no {name}");
            }

            byte[] value = new byte[length];
            file.Read(item.Offset, value);
            return value;
        }
    }
}
