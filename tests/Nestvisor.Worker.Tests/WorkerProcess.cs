using System.Diagnostics;

namespace Nestvisor.Worker.Tests;

/// <summary>
/// The worker as a program: the published one, compiled ahead of time, if it is not older than the build; else the build, which cannot
/// lock itself down.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private WorkerProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program, and whether it is compiled ahead of time.</summary>
    public static (string Path, bool Published) Program { get; } = Find();

    public int Id => _process.Id;

    public static WorkerProcess Start(params string[] arguments) => StartProgram(Program.Path, arguments);

    /// <summary>Starts it as user 65534 (nobody); the test must run as root.</summary>
    public static WorkerProcess StartUnprivileged(params string[] arguments) =>
        StartProgram("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Program.Path, .. arguments]);

    public static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using WorkerProcess process = Start(arguments);
        return process.Wait();
    }

    public (int ExitCode, string Output, string Error) Wait()
    {
        Assert.True(_process.WaitForExit(Patience), "The worker did not end.");
        return (_process.ExitCode, _output.GetAwaiter().GetResult(), _error.GetAwaiter().GetResult());
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static WorkerProcess StartProgram(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return new WorkerProcess(process);
    }

    private static (string Path, bool Published) Find()
    {
        string built = Path.Combine(AppContext.BaseDirectory, "nestvisor-worker");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string published = Path.Combine(folder.FullName, "artifacts", "publish", "Nestvisor.Worker", "release_linux-x64", "nestvisor-worker");
            if (File.Exists(published) && File.GetLastWriteTimeUtc(published) >= File.GetLastWriteTimeUtc(built + ".dll"))
            {
                return (published, true);
            }
        }

        return (built, false);
    }
}
