using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using Nestvisor.Api;
using Nestvisor.Api.Client;
using Nestvisor.Platform.Processes;

namespace Nestvisor.Management.Hosting;

/// <summary>The command start: a service of its own session, which keeps nothing of the caller's.</summary>
internal static class BackgroundStart
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when a service listens, this one or one that somebody else started meanwhile.</summary>
    public static async Task<int> RunAsync(ServiceOptions options)
    {
        NestvisorPaths paths = options.Paths;
        _ = Directory.CreateDirectory(paths.State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string log = Path.Combine(paths.State, "service.log");
        long begin = Stopwatch.GetTimestamp();
        DetachedProcess process;
        try
        {
            File.Delete(log);
            process = DetachedProcess.Start(
                Environment.ProcessPath!,
                ["run", "--state", paths.State, "--runtime", paths.Runtime, "--idle-timeout", options.IdleTimeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)],
                log);
        }
        catch (Win32Exception error)
        {
            await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            return ExitCode.Failure;
        }

        Task<int> exit = Task.Run(process.WaitForExit);
        Pace pace = new(PollInterval, LongestPollInterval);
        while (Stopwatch.GetElapsedTime(begin) < Limit)
        {
            long looked = Stopwatch.GetTimestamp();
            if (await ListensAsync(paths.ServiceSocket).ConfigureAwait(false))
            {
                return ExitCode.Success;
            }

            if (exit.IsCompleted && await exit.ConfigureAwait(false) is not ExitCode.AlreadyRunning and int code)
            {
                if (code == ExitCode.Success)
                {
                    // It has listened and, with nothing to do, ended between two looks.
                    return ExitCode.Success;
                }

                string output = File.Exists(log) ? (await File.ReadAllTextAsync(log).ConfigureAwait(false)).Trim() : "";
                await Console.Error.WriteLineAsync($"The service ended with exit code {code}. {output}").ConfigureAwait(false);
                return ExitCode.Failure;
            }

            pace.Looked(looked);
            await pace.RestAsync().ConfigureAwait(false);
        }

        await Console.Error.WriteLineAsync($"The service did not listen within {Limit.TotalMinutes} minutes; see '{log}'.").ConfigureAwait(false);
        return ExitCode.Failure;
    }

    private static async Task<bool> ListensAsync(string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
