using System.Diagnostics;

namespace Nestvisor.Shell.Tests;

/// <summary>The shell with virtual machines: a service of its own, and in the worker's place a program that passes for it.</summary>
public sealed class MachineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly (string Name, string Value)[] _environment;

    public MachineTests()
    {
        _environment =
        [
            ("NESTVISOR_STATE", Path.Combine(_folder.Path, "s")),
            ("NESTVISOR_RUNTIME", Path.Combine(_folder.Path, "r")),
            ("NESTVISOR_SERVICE", Path.Combine(AppContext.BaseDirectory, "nestvisor-service")),
            ("NESTVISOR_WORKER", Path.Combine(AppContext.BaseDirectory, "fake-worker")),
        ];

        // A header that passes for a Linux bzImage (x86 boot protocol: "HdrS" at 0x202).
        var kernel = new byte[4096];
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        File.WriteAllBytes(Path.Combine(_folder.Path, "kernel"), kernel);
    }

    [Fact]
    public void Prompt_TabAfterTheBeginningOfAName_CompletesItInQuotes()
    {
        using var terminal = new Terminal(_environment);
        terminal.Type("New-VM 'two words' | Out-Null; 'ma' + 'de'");
        terminal.Keys("Enter");
        terminal.Expect("\nmade\n");

        terminal.Type("(Get-VM tw");
        terminal.Keys("Tab");
        terminal.Type(").Name + '!'");
        terminal.Keys("Enter");

        terminal.Expect("(Get-VM 'two words').Name + '!'\ntwo words!\n");
    }

    [Fact]
    public void ConnectVMConsole_TheExampleOfItsHelp_ConnectsTheTerminal()
    {
        using var terminal = new Terminal(_environment);
        terminal.Type($"New-VM L1 | Set-VMFirmware -KernelPath {_folder.Path}/kernel; Start-VM L1; 'star' + 'ted'");
        terminal.Keys("Enter");
        terminal.Expect("\nstarted\n");

        terminal.Type("Invoke-Expression (Get-Help Connect-VMConsole).examples.example.code");
        terminal.Keys("Enter");
        terminal.Expect("\nConnected to the console of 'L1'.");
        terminal.Type("hello");
        terminal.Keys("Enter");
        terminal.Keys("C-]");
        terminal.Expect("\nDisconnected from the console of 'L1', which is Running.\n");

        // What was typed has reached the guest, which answers in its log only.
        terminal.Type("Wait-VMConsoleText L1 '^echo' -Timeout 100");
        terminal.Keys("Enter");
        terminal.Expect("\necho hello\n");
    }

    [Fact]
    public void Help_OfACommandAndATopic_IsShown()
    {
        var help = Run("help Get-VM -Examples; Get-Help about_Nestvisor; (Get-Help Start-VM).Synopsis");

        Assert.Equal("", help.Error);
        Assert.Contains("Get-VM L* | Where-Object State -eq Running", help.Output, StringComparison.Ordinal);
        Assert.Contains("Virtual machines in virtual machines", help.Output, StringComparison.Ordinal);
        Assert.Contains("Starts virtual machines", help.Output, StringComparison.Ordinal);
    }

    // The language decides; of a culture that names none the engine breaks lines in words.
    [Fact]
    public void Help_LongerThanALine_IsBrokenBetweenWords()
    {
        var help = Run("Get-Help Start-VM | Out-String -Width 40");

        Assert.Contains("\n    The machine's engine is KVM or\n    software, as New-VM or Set-VM\n    -Engine say. The command returns\n", help.Output.Replace(" \n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path.Combine(_folder.Path, "r")))
        {
            Run("Get-VM | Where-Object State -ne Off | Stop-VM -TurnOff");
            TestService.End(Path.Combine(_folder.Path, "r", "service.sock"));
        }

        _folder.Dispose();
    }

    private ShellProcess.Result Run(string command)
    {
        using Process process = ShellProcess.Start(_environment, "-NoProfile", "-Command", command);
        process.StandardInput.Close();
        return ShellProcess.Finish(process);
    }
}
