namespace Nestvisor.Management.Disks;

/// <summary>Whether two paths lead to one file.</summary>
internal static class FileIdentity
{
    /// <summary>Compares the paths, with the symbolic links that they end with followed.</summary>
    public static bool AreSame(string one, string other) =>
        string.Equals(one, other, StringComparison.Ordinal) || string.Equals(Target(one), Target(other), StringComparison.Ordinal);

    private static string Target(string path)
    {
        try
        {
            return Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        }
        catch (IOException)
        {
            // It is gone, or its links go in a circle; what it was called remains.
            return Path.GetFullPath(path);
        }
    }
}
