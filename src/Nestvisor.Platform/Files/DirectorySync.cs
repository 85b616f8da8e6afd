namespace Nestvisor.Platform.Files;

/// <summary>Makes changes of a directory's entries durable.</summary>
public static class DirectorySync
{
    /// <summary>Returns when the directory's entries are on the disk.</summary>
    /// <exception cref="IOException">The directory cannot be opened or written.</exception>
    public static void Flush(string directory)
    {
        using OpenDirectory open = new(directory);
        open.Flush();
    }
}
