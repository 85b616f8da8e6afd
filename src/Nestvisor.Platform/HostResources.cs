using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>How much the host has, whatever of it this process may use (sysconf(3)).</summary>
public static partial class HostResources
{
    private const int ProcessorsOnline = 84;
    private const int PhysicalPages = 85;

    /// <summary>Logical processors that are online.</summary>
    public static int LogicalProcessors => (int)sysconf(ProcessorsOnline);

    /// <summary>Bytes of memory.</summary>
    public static long Memory => sysconf(PhysicalPages) * Environment.SystemPageSize;

    [LibraryImport("libc")]
    private static partial nint sysconf(int name);
}
