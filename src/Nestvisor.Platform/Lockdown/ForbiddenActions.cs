using System.Runtime.InteropServices;

namespace Nestvisor.Platform.Lockdown;

/// <summary>Tries what a locked-down process must not be able to do, with system calls only, so that a test sees each fail.</summary>
public static unsafe partial class ForbiddenActions
{
    private const int SysOpenat = 257;
    private const int SysSocket = 41;
    private const int SysExecve = 59;
    private const int SysFork = 57;
    private const int SysPtrace = 101;
    private const int SysMmap = 9;
    private const int SysMprotect = 10;
    private const int SysKill = 62;

    /// <summary>Tries each action.</summary>
    /// <returns>Name of the action and the error number it failed with; 0 if it succeeded.</returns>
    public static IReadOnlyList<(string Name, int Error)> TryAll()
    {
        ReadOnlySpan<byte> path = "/bin/true\0"u8;
        byte* page = HostMemory.Allocate(HostMemory.PageSize);

        // SAFETY: the path is a constant of the program; the kernel only reads it, and the page is ours.
        fixed (byte* name = path)
        {
            nint file = (nint)name;
            return
            [
                ("open", Try(SysOpenat, -100, file, 0, 0, 0, 0)),
                ("socket", Try(SysSocket, 1, 1, 0, 0, 0, 0)),
                ("execve", Try(SysExecve, file, 0, 0, 0, 0, 0)),
                ("fork", TryFork()),
                ("ptrace", Try(SysPtrace, 0, 0, 0, 0, 0, 0)),
                ("kill", Try(SysKill, 1, 0, 0, 0, 0, 0)),
                ("executable mapping", Try(SysMmap, 0, HostMemory.PageSize, 5, 0x22, -1, 0)),
                ("executable protection", Try(SysMprotect, (nint)page, HostMemory.PageSize, 5, 0, 0, 0)),
            ];
        }
    }

    private static int TryFork()
    {
        long result = syscall(SysFork, 0, 0, 0, 0, 0, 0);
        if (result == 0)
        {
            Environment.Exit(0);
        }

        return result < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    private static int Try(long number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth) =>
        syscall(number, first, second, third, fourth, fifth, sixth) < 0 ? Marshal.GetLastPInvokeError() : 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
