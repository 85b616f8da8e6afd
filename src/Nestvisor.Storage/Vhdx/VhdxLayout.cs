namespace Nestvisor.Storage.Vhdx;

/// <summary>Places, sizes and identifiers that the format fixes (MS-VHDX §2).</summary>
internal static class VhdxLayout
{
    public const int Sector = 4096;
    public const int Megabyte = 1 << 20;

    /// <summary>The header section: identifier, headers, region tables.</summary>
    public const long HeaderSectionEnd = Megabyte;

    public const long FirstHeader = 64 * 1024;
    public const long SecondHeader = 128 * 1024;
    public const long FirstRegionTable = 192 * 1024;
    public const long SecondRegionTable = 256 * 1024;
    public const int TableSize = 64 * 1024;
    public const int MaxTableEntries = 2047;
    public const int TableEntrySize = 32;

    public const int MinBlockSize = Megabyte;
    public const int MaxBlockSize = 256 * Megabyte;
    public const int DefaultBlockSize = 32 * Megabyte;

    /// <summary>Longest file that is opened: twice the largest disk, more than any file without lost space.</summary>
    public const long MaxFileLength = 2 * VirtualDisk.MaxVhdxSize;

    /// <summary>Longest log that is replayed. What writes this format makes logs of 1 MB.</summary>
    public const uint MaxLogLength = 64 * Megabyte;

    public static ReadOnlySpan<byte> FileSignature => "vhdxfile"u8;

    public static Guid BatRegion { get; } = new("2DC27766-F623-4200-9D64-115E9BFD4A08");

    public static Guid MetadataRegion { get; } = new("8B7CA206-4790-4B9A-B8FE-575F050F886E");

    /// <summary>Rounds up to whole megabytes.</summary>
    public static long RoundUp(long bytes) => (bytes + Megabyte - 1) / Megabyte * Megabyte;
}
