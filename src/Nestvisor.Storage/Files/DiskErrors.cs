namespace Nestvisor.Storage.Files;

/// <summary>Errors that several formats share.</summary>
internal static class DiskErrors
{
    /// <summary>The file contradicts its format.</summary>
    public static DiskException Damaged(string path, string reason) =>
        new($"The disk file '{path}' is damaged: {reason}. Restore it from a copy.");

    /// <summary>The file is whole, but asks for what is not there.</summary>
    public static DiskException NotSupported(string path, string reason, string remedy) =>
        new($"The disk file '{path}' cannot be used: {reason}. {remedy}");

    /// <summary>A differencing disk.</summary>
    public static DiskException Differencing(string path) => NotSupported(
        path, "it is a differencing disk, which needs its parent, and these are not supported", "Merge it into its parent, or attach a fixed or dynamic disk.");

    /// <summary>A write to a disk that is attached read-only.</summary>
    public static IOException ReadOnly(string path) => new($"The disk file '{path}' is attached read-only.");

    /// <summary>Refuses a range that is not inside a disk.</summary>
    public static void CheckRange(long diskLength, long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > diskLength - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The range of {length} bytes is not inside the disk.");
        }
    }
}
