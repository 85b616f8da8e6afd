using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Configuration;

/// <summary>Replaces a file so that a crash at any point leaves the old content or the new one.</summary>
internal static class AtomicFile
{
    /// <summary>Ending of the new content until it takes the old one's place.</summary>
    public const string TemporaryEnding = ".new";

    /// <summary>Returns when the new content is on the disk under the file's name.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporaryEnding;
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (FileStream stream = new(temporary, options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
    }
}
