using System.Diagnostics;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Nestvisor as a user has it: the shell, with a service of its own. The end of the session checks that the session has left no process.
/// </summary>
public sealed class LabSession : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly LabFolder _folder;
    private readonly string[] _enter;
    private readonly Dictionary<string, string> _environment;
    private readonly Process _service;

    /// <summary>Starts the service.</summary>
    /// <param name="user">Who runs it.</param>
    /// <param name="enter">Words before each program, such as those that enter a network namespace.</param>
    public LabSession(GuestUser user, params string[] enter)
    {
        _enter = enter;
        _folder = new LabFolder(user);
        _environment = new Dictionary<string, string>
        {
            ["NESTVISOR_STATE"] = _folder.File("s"),
            ["NESTVISOR_RUNTIME"] = _folder.File("r"),
            ["HOME"] = _folder.Path,
        };
        _service = LabProcess.Start([.. _enter, .. _folder.Prefix, Program("nestvisor-service"), "run", "--idle-timeout", "0"], _environment);
        _service.StandardInput.Close();
    }

    public LabFolder Folder => _folder;

    /// <summary>Runs <c>nestvisor -Command</c>.</summary>
    public (int ExitCode, string Output, string Error) Command(string text) => Shell("-Command", text);

    /// <summary>What the session's programs find in their environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    /// <summary>Runs <c>nestvisor</c> with options.</summary>
    public (int ExitCode, string Output, string Error) Shell(params string[] options) =>
        LabProcess.Run(Words(["-NoProfile", .. options]), _environment);

    /// <summary>Words that start <c>nestvisor</c> with options as the session's user.</summary>
    public string[] Words(params string[] options) => [.. _enter, .. _folder.Prefix, Program("nestvisor"), .. options];

    /// <summary>Commands that make a machine.</summary>
    public string NewMachine(string name, string kernel, string commandLine = "", string options = "") =>
        $"""
        $ErrorActionPreference = 'Stop'
        New-VM -Name {name} -MemoryStartupBytes 256MB | Out-Null
        Set-VMFirmware -VMName {name} -KernelPath '{kernel}' -InitialRamDiskPath '{_folder.Guest("test.cpio")}' -KernelCommandLine '{commandLine}'
        {options}

        """;

    /// <summary>Processes other than the service that work in the session's folders: workers.</summary>
    public IReadOnlyList<string> Workers()
    {
        List<string> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                string line = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
                if (line.Contains(_folder.Path, StringComparison.Ordinal) && line.Contains("nestvisor-worker", StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
            catch (IOException)
            {
                // Not a process, or one that has just ended.
            }
        }

        return found;
    }

    public void Dispose()
    {
        bool quiet = SpinWait.SpinUntil(() => Workers().Count == 0, Limit);
        string left = string.Join('\n', Workers());
        if (!quiet)
        {
            _ = Command("Get-VM | Stop-VM -TurnOff");
        }

        _service.Kill();
        _service.WaitForExit();
        _service.Dispose();
        _folder.Dispose();
        Assert.True(quiet, $"The session has left workers: {left}");
    }

    private string Program(string name) => Path.Combine(_folder.Programs, name);
}
