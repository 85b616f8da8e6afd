using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Properties of the calling process and thread (prctl(2)).</summary>
public static partial class ProcessControl
{
    private const int SetTimerSlackOption = 29;
    private const int SetNoNewPrivilegesOption = 38;
    private const int SetDumpableOption = 4;

    /// <summary>
    /// Lets the kernel end the calling thread's sleeps without coalescing them: by default it may prolong each by 50 µs.
    /// </summary>
    public static void UseExactTimers() => _ = prctl(SetTimerSlackOption, 1, 0, 0, 0);

    /// <summary>Gives up, for this process and its children, ever gaining rights by executing a file.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static void ForbidNewPrivileges()
    {
        if (prctl(SetNoNewPrivilegesOption, 1, 0, 0, 0) != 0)
        {
            throw LinuxError.Last("Cannot set no_new_privs");
        }
    }

    /// <summary>Keeps other processes of the same user from reading this one's memory, and core files from being written.</summary>
    public static void ForbidInspection() => _ = prctl(SetDumpableOption, 0, 0, 0, 0);

    /// <summary>Sends a signal.</summary>
    /// <param name="processId">To which process.</param>
    /// <param name="signal">The signal's number (signal(7)).</param>
    /// <returns>False if there is no such process or it is another user's.</returns>
    public static bool Signal(int processId, int signal) => kill(processId, signal) == 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
