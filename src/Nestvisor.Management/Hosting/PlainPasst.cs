using System.ComponentModel;
using Nestvisor.Platform;
using Nestvisor.Platform.Lockdown;
using Nestvisor.Platform.Processes;

namespace Nestvisor.Management.Hosting;

/// <summary>
/// The command passt, which the service itself uses: passt(1) where no user namespace can be made. To shut itself in, passt makes one and
/// moves into an empty file system there, and does not run where that fails. Here these calls do nothing and succeed; what it is left with is
/// its own list of system calls, and that it can gain no rights.
/// </summary>
internal static class PlainPasst
{
    /// <summary>First word of the command line.</summary>
    public const string Command = "passt";

    /// <summary>Becomes passt.</summary>
    /// <param name="words">Path of the program and its arguments.</param>
    /// <returns>An exit code; only if it cannot be.</returns>
    public static int Execute(IReadOnlyList<string> words)
    {
        try
        {
            ProcessControl.ForbidNewPrivileges();
            SystemCallFilter filter = new();
            filter.Pretend(SystemCall.Unshare, SystemCall.Mount, SystemCall.Umount2, SystemCall.PivotRoot);
            filter.AllowOthers();
            filter.Apply();
            DetachedProcess.Become(words[0], [.. words.Skip(1)]);
        }
        catch (Win32Exception error)
        {
            Console.Error.WriteLine($"nestvisor-service: {error.Message}");
        }

        return ExitCode.Failure;
    }
}
