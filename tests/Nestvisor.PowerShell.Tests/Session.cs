using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Nestvisor.Api;

namespace Nestvisor.PowerShell.Tests;

/// <summary>
/// A PowerShell engine with the module, and a service of its own, which the first command starts as it would for a user. The
/// environment names the service; so the tests of this project run one after another.
/// </summary>
public sealed class Session : IDisposable
{
    private readonly Runspace _runspace;

    public Session()
    {
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        Folder = Directory.CreateTempSubdirectory("nv-").FullName;
        Environment.SetEnvironmentVariable("NESTVISOR_STATE", Path.Combine(Folder, "s"));
        Environment.SetEnvironmentVariable("NESTVISOR_RUNTIME", Path.Combine(Folder, "r"));
        Environment.SetEnvironmentVariable("NESTVISOR_SERVICE", ServiceProgram());
        Environment.SetEnvironmentVariable("NESTVISOR_WORKER", Path.Combine(AppContext.BaseDirectory, "fake-worker"));

        // A header that passes for a Linux bzImage (x86 boot protocol: "HdrS" at 0x202).
        byte[] kernel = new byte[4096];
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        File.WriteAllBytes(Path.Combine(Folder, "kernel"), kernel);

        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Module]);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _ = Run($"$global:folder = '{Folder}'");
    }

    /// <summary>The folder of the module.</summary>
    public static string Module { get; } = Path.Combine(AppContext.BaseDirectory, "Modules", "Hyper-V");

    public string Folder { get; }

    /// <summary>Runs a script that must not fail.</summary>
    public Collection<PSObject> Run(string script)
    {
        (Collection<PSObject> output, List<ErrorRecord> errors, _) = RunAll(script);
        Assert.True(errors.Count == 0, $"{script}\n{string.Join('\n', errors)}");
        return output;
    }

    /// <summary>Runs a script and gives its only output, as text.</summary>
    public string Text(string script) => Assert.Single(Run(script))?.ToString() ?? "";

    /// <summary>Runs a script that must fail with one error.</summary>
    public ErrorRecord Fail(string script) => Assert.Single(RunAll(script).Errors);

    /// <summary>Runs a script.</summary>
    public (Collection<PSObject> Output, List<ErrorRecord> Errors, List<string> Warnings) RunAll(string script)
    {
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(_runspace);
        Collection<PSObject> output = [];
        List<ErrorRecord> errors = [];
        try
        {
            output = shell.AddScript(script).Invoke();
        }
        catch (RuntimeException error)
        {
            errors.Add(error.ErrorRecord);
        }

        errors.AddRange(shell.Streams.Error);
        return (output, errors, [.. shell.Streams.Warning.Select(warning => warning.Message)]);
    }

    /// <summary>Creates a file of one megabyte that is empty but for a text at its beginning and end.</summary>
    public string WriteDisk(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        using FileStream file = File.Create(path);
        file.Write(System.Text.Encoding.ASCII.GetBytes(text));
        file.Position = (1 << 20) - text.Length;
        file.Write(System.Text.Encoding.ASCII.GetBytes(text));
        return path;
    }

    /// <summary>Gives scripts an object.</summary>
    public void SetVariable(string name, object value) => _runspace.SessionStateProxy.SetVariable(name, value);

    /// <summary>Creates a virtual machine with a kernel.</summary>
    public void Create(string name = "VM", string commandLine = "") =>
        _ = Run($"New-VM '{name}'; Set-VMFirmware '{name}' -KernelPath \"$folder/kernel\" -KernelCommandLine '{commandLine}'");

    /// <summary>Runs a command of the shell in the network namespace of the service, which some command has started. It must succeed.</summary>
    public static void InService(string command)
    {
        string service = TestService.ProcessOf(NestvisorPaths.FromEnvironment().ServiceSocket).ToString(System.Globalization.CultureInfo.InvariantCulture);
        using Process process = Process.Start("nsenter", ["-t", service, "-n", "--", "sh", "-c", command]);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, command);
    }

    // Root's service runs in an empty network namespace, so that the host's own is never touched.
    private string ServiceProgram()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "nestvisor-service");
        if (!Environment.IsPrivilegedProcess)
        {
            return program;
        }

        string script = Path.Combine(Folder, "service");
        File.WriteAllText(script, $"#!/bin/sh\nexec unshare --net '{program}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }

    public void Dispose()
    {
        _ = RunAll("Get-VM | ForEach-Object { if ($_.State -notin 'Off', 'Saved') { Stop-VM $_ -TurnOff } }");
        _runspace.Dispose();
        KillService();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Kills the service, if there is one; the next command starts another.</summary>
    public static void KillService() => TestService.End(NestvisorPaths.FromEnvironment().ServiceSocket);
}
