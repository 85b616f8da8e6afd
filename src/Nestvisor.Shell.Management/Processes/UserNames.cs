using System.Globalization;

namespace Microsoft.PowerShell.Commands;

/// <summary>The user a process runs as, from /proc and /etc/passwd (proc(5), passwd(5)).</summary>
internal static class UserNames
{
    /// <summary>The name, the number when it has none, or null when the process has gone.</summary>
    public static string? Of(int process)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
            {
                // Uid: real, effective, saved, file system.
                if (line.StartsWith("Uid:", StringComparison.Ordinal))
                    return Name(line.Split('\t', StringSplitOptions.RemoveEmptyEntries)[2]);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return null;
    }

    private static string Name(string uid)
        => File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[2] == uid)?[0]
            ?? uid.ToString(CultureInfo.InvariantCulture);
}
