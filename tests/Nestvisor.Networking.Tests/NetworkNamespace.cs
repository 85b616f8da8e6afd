using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nestvisor.Networking.Tests;

/// <summary>Runs code on a thread in a new, empty network namespace, which goes with the thread and what was opened on it.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x4000_0000;

    /// <summary>Runs a test, or skips it where this process may make no namespace.</summary>
    public static void Run(Action test)
    {
        Exception? failure = null;
        int error = 0;
        Thread thread = new(() =>
        {
            error = unshare(NewNetwork) == 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error == 0)
            {
                try
                {
                    test();
                }
#pragma warning disable CA1031 // Thrown again on the test's thread.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = e;
                }
            }
        });
        thread.Start();
        thread.Join();
        Assert.SkipUnless(error == 0, $"No network namespace can be made here (errno {error}); run as root.");
        if (failure is not null)
        {
            throw new InvalidOperationException("The test failed in its network namespace.", failure);
        }
    }

    /// <summary>Runs ip(8) in the namespace.</summary>
    public static string Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ip {string.Join(' ', arguments)}: {error}");
        return output;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
