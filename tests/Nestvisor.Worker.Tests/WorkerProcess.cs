using System.Diagnostics;
using System.Globalization;

namespace Nestvisor.Worker.Tests;

/// <summary>
/// The worker as a program: the published one, compiled ahead of time, if it is not older than its sources; else the build, which cannot
/// lock itself down.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly Lazy<bool> s_others = new(() =>
    {
        using WorkerProcess process = StartUnprivileged("--version");
        return process.Wait().ExitCode == 0;
    });

    // What the worker is made of, for whether the published one is older.
    private static readonly string[] s_parts =
    [
        "Nestvisor.Api", "Nestvisor.Devices", "Nestvisor.Engine.Kvm", "Nestvisor.Engine.Software", "Nestvisor.Machine", "Nestvisor.Networking",
        "Nestvisor.Platform", "Nestvisor.Storage", "Nestvisor.Virtualization", "Nestvisor.Worker", "Nestvisor.X64",
    ];

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

    public static WorkerProcess StartAs(WorkerUser user, params string[] arguments)
    {
        if (user != WorkerUser.Unprivileged || !Environment.IsPrivilegedProcess)
        {
            return Start(arguments);
        }

        Assert.SkipUnless(s_others.Value, $"User 65534 cannot execute {Program.Path}: a folder above it, or it itself, is closed to others.");
        return StartUnprivileged(arguments);
    }

    public static (int ExitCode, string Output, string Error) Run(params string[] arguments) => RunAs(WorkerUser.Caller, arguments);

    public static (int ExitCode, string Output, string Error) RunAs(WorkerUser user, params string[] arguments)
    {
        using WorkerProcess process = StartAs(user, arguments);
        return process.Wait();
    }

    public (int ExitCode, string Output, string Error) Wait()
    {
        Assert.True(_process.WaitForExit(Patience), "The worker did not end.");
        return (_process.ExitCode, _output.GetAwaiter().GetResult(), _error.GetAwaiter().GetResult());
    }

    public void Kill() => _process.Kill();

    /// <summary>Stops all its threads, and lets them go on.</summary>
    public void StopAndContinue()
    {
        Signal("STOP");
        Assert.True(SpinWait.SpinUntil(() => _process.HasExited || IsStopped(), Patience), "The worker did not stop.");
        Signal("CONT");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    // The state follows the name, which is in brackets.
    private bool IsStopped()
    {
        string status = File.ReadAllText($"/proc/{Id}/stat");
        return status[status.LastIndexOf(')') + 2] == 'T';
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
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string published = Path.Combine(folder.FullName, "artifacts", "nestvisor", "nestvisor-worker");
            if (File.Exists(published) && File.GetLastWriteTimeUtc(published) >= LastChange(Path.Combine(folder.FullName, "src")))
            {
                return (published, true);
            }
        }

        return (Path.Combine(AppContext.BaseDirectory, "nestvisor-worker"), false);
    }

    private static DateTime LastChange(string sources)
    {
        DateTime last = DateTime.MinValue;
        foreach (string part in s_parts)
        {
            string folder = Path.Combine(sources, part);
            if (!Directory.Exists(folder))
            {
                continue;
            }

            foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                DateTime changed = File.GetLastWriteTimeUtc(file);
                last = changed > last ? changed : last;
            }
        }

        return last;
    }
}
