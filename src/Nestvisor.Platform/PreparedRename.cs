using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>
/// One rename(2) that is fixed in advance. A system-call filter can allow exactly it, because it can compare the addresses of
/// the two paths, which lie in memory of their own.
/// </summary>
public sealed unsafe partial class PreparedRename
{
    /// <summary>Prepares a rename. Its memory stays for the life of the process.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its new name.</param>
    public PreparedRename(string from, string to)
    {
        From = Marshal.StringToCoTaskMemUTF8(Path.GetFullPath(from));
        To = Marshal.StringToCoTaskMemUTF8(Path.GetFullPath(to));
    }

    /// <summary>Address of the old path.</summary>
    public nint From { get; }

    /// <summary>Address of the new path.</summary>
    public nint To { get; }

    /// <summary>Renames.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public void Execute()
    {
        const long sysRename = 82;
        if (syscall(sysRename, From, To) != 0)
        {
            throw LinuxError.Last($"Cannot rename to '{Marshal.PtrToStringUTF8(To)}'");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint first, nint second);
}
