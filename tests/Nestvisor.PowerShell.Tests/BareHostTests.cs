using System.Diagnostics;
using Nestvisor.PowerShell.Tests.Help;

namespace Nestvisor.PowerShell.Tests;

/// <summary>
/// The module in a process of another program, as in stock PowerShell: what it needs beside PowerShell's engine is in its folder. The
/// variables that name the service are those of the session.
/// </summary>
public sealed class BareHostTests : IClassFixture<Session>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly string s_program =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nestvisor.PowerShell.BareHost", new DirectoryInfo(AppContext.BaseDirectory).Name, "bare-host"));

    private readonly Session _session;

    public BareHostTests(Session session) => _session = session;

    [Fact]
    public void BareHost_Files_AreTheEnginesOnly()
    {
        string folder = Path.GetDirectoryName(s_program)!;

        Assert.NotEmpty(Directory.EnumerateFiles(folder, "System.Management.Automation.dll", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(folder, "Nestvisor*.dll", SearchOption.AllDirectories));
    }

    // What is in two versions in one process is trouble: the module brings nothing that PowerShell has.
    [Fact]
    public void Module_Assemblies_AreNestvisorsOnly() => Assert.Equal(
        ["Nestvisor.Api.dll", "Nestvisor.PowerShell.dll"],
        Directory.EnumerateFiles(Session.Module, "*.dll", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    [Fact]
    public void Module_ImportedByPath_HasItsCommandsAndTheirHelp()
    {
        string[] lines = Run(
            $$"""
            Import-Module '{{Session.Module}}'
            (Get-Command -Module Hyper-V | ForEach-Object Name) -join ' '
            (Get-Help Get-VM).Synopsis
            (Get-Help about_Nestvisor).Substring(0, 5)
            [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.Location -like '{{Session.Module}}*' } | ForEach-Object { $_.GetName().Name }
            """);

        Assert.Equal(CommandClasses.All.Keys.Order(StringComparer.OrdinalIgnoreCase), lines[0].Split(' ').Order(StringComparer.OrdinalIgnoreCase));
        Assert.Equal("Gets the virtual machines of this computer.", lines[1]);
        Assert.Equal("TOPIC", lines[2]);
        Assert.Contains("Nestvisor.PowerShell", lines[3..]);
    }

    [Fact]
    public void Module_OnTheModulePath_IsLoadedByTheFirstCommand() => Assert.Equal(
        ["0", "one Off", "1", "one", "0", "one", "1"],
        Run(
            """
            @(Get-Module Hyper-V).Count
            New-VM one | ForEach-Object { "$($_.Name) $($_.State)" }
            @(Get-Module Hyper-V).Count
            (TabExpansion2 'Get-VM o' 8).CompletionMatches.CompletionText
            Remove-Module Hyper-V
            @(Get-Module Hyper-V).Count
            (Hyper-V\Get-VM one).Name
            @(Get-Module Hyper-V).Count
            Remove-VM one -Force
            """));

    [Fact]
    public void Module_ImportedTwiceAndAnew_IsThereOnce() => Assert.Equal(
        ["1", "1", "True"],
        Run(
            """
            Import-Module Hyper-V
            Import-Module Hyper-V
            @(Get-Module Hyper-V).Count
            $before = Get-VM
            Import-Module Hyper-V -Force
            @(Get-Module Hyper-V).Count
            $vm = New-VM again
            $vm -is [Microsoft.HyperV.PowerShell.VirtualMachine]
            Remove-VM $vm -Force
            """));

    [Fact]
    public void ScriptFile_WithAWholeLifeOfAMachine_Runs()
    {
        string script = Path.Combine(_session.Folder, "life.ps1");
        File.WriteAllText(
            script,
            """
            param([string] $Kernel)
            $ErrorActionPreference = 'Stop'
            New-VM -Name life -MemoryStartupBytes 64MB | Set-VMFirmware -KernelPath $Kernel
            Set-VMProcessor life -ExposeVirtualizationExtensions $true
            (Get-VMProcessor life).ExposeVirtualizationExtensions
            Start-VM life
            (Get-VM life).State
            Send-VMConsoleText life hello
            Wait-VMConsoleText life 'echo hello' -Timeout 100
            $job = Stop-VM life -TurnOff -AsJob
            $null = Wait-Job $job -Timeout 100
            $job.State
            Remove-VM life -Force
            try { Start-VM life } catch { $_.FullyQualifiedErrorId }
            """);

        Assert.Equal(
            ["True", "Running", "echo hello", "Completed", "ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.StartVM"],
            Run($"& '{script}' -Kernel '{_session.Folder}/kernel'"));
    }

    // As the guide says to install it. The service is beside the tests, above the module's folder.
    [Fact]
    public void Module_ByALink_FindsTheServiceNearWhatItLeadsTo()
    {
        string modules = Directory.CreateDirectory(Path.Combine(_session.Folder, "linked")).FullName;
        _ = Directory.CreateSymbolicLink(Path.Combine(modules, "Hyper-V"), Session.Module);
        string runtime = Path.Combine(_session.Folder, "other");
        try
        {
            Assert.Equal(
                [Path.Combine(modules, "Hyper-V"), "0"],
                Run(
                    "(Get-Module -ListAvailable Hyper-V).ModuleBase; @(Get-VM).Count",
                    ("PSModulePath", modules),
                    ("NESTVISOR_SERVICE", ""),
                    ("NESTVISOR_RUNTIME", runtime),
                    ("NESTVISOR_STATE", Path.Combine(_session.Folder, "other-state"))));
            Assert.True(File.Exists(Path.Combine(runtime, "service.sock")));
        }
        finally
        {
            TestService.End(Path.Combine(runtime, "service.sock"));
        }
    }

    private static string[] Run(string script, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new(s_program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PSModulePath"] = Path.GetDirectoryName(Session.Module);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"bare-host did not end within {Limit}");
        }

        Assert.Equal("", errors.GetAwaiter().GetResult());
        return output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
