using Iced.Intel;
using Nestvisor.Worker.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Guests.Tests;

/// <summary>Wrong input at the command line: a clear error, an exit code, nothing left behind; and guests that go wrong alone.</summary>
public sealed class BadInputTests
{
    private const string Quiet = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=guest";

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Start_KernelThatIsNone_IsAnErrorThatNamesTheFile(GuestUser user)
    {
        using LabSession session = new(user);
        string text = session.Folder.File("notes.txt");
        File.WriteAllText(text, new string('x', 10000));

        (int code, string output, string error) = session.Command(session.NewMachine("A", text) + "Start-VM A");

        AssertRefused(session, code, output + error, "notes.txt");
    }

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Start_TooLittleMemory_IsAnErrorThatSaysHowMuch(GuestUser user)
    {
        using LabSession session = new(user);

        (int code, string output, string error) = session.Command(
            session.NewMachine("A", session.Folder.Guest("vmlinuz"), Quiet) + "Set-VMMemory A -StartupBytes 32MB; Start-VM A");

        AssertRefused(session, code, output + error, "memory");
    }

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Firmware_MissingKernelFile_IsAnErrorThatNamesTheFile(GuestUser user)
    {
        using LabSession session = new(user);

        (int code, string output, string error) = session.Command(session.NewMachine("A", "/nowhere/vmlinuz") + "Start-VM A");

        AssertRefused(session, code, output + error, "/nowhere/vmlinuz");
    }

    [Fact]
    public void File_MachineThatDoesNotExist_IsAnErrorWithAnExitCode()
    {
        using LabSession session = new(GuestUser.Caller);
        string script = session.Folder.File("start.ps1");
        File.WriteAllText(script, "$ErrorActionPreference = 'Stop'\nStart-VM Nobody\n'reached'");

        (int code, string output, string error) = session.Shell("-File", script);

        Assert.NotEqual(0, code);
        Assert.DoesNotContain("reached", output, StringComparison.Ordinal);
        Assert.Contains("Nobody", error + output, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_MachineThatDoesNotExist_IsAnErrorWithAnExitCode()
    {
        using LabSession session = new(GuestUser.Unprivileged);

        foreach (string command in (string[])["Get-VM Nobody", "Start-VM Nobody", "Stop-VM Nobody -TurnOff", "Remove-VM Nobody -Force", "Set-VMProcessor Nobody -Count 2"])
        {
            (int code, string output, string error) = session.Command(command);

            Assert.Equal(1, code);
            Assert.Contains("Nobody", error + output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void File_ScriptThatDoesNotExist_HasTheExitCodeOfPowerShell()
    {
        using LabSession session = new(GuestUser.Caller);

        (int code, _, _) = session.Shell("-File", "/nowhere/script.ps1");

        Assert.Equal(64, code);
    }

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void TripleFault_OfAGuest_EndsTheWorkerWithAReason(GuestUser user)
    {
        using LabFolder folder = new(user);
        string faulty = TestKernel.Write(folder.File("faulty"), TripleFault);

        (int code, _, string error) = LabProcess.Run(
            [.. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--kernel", faulty, "--memory", "64M"]);

        Assert.Equal(71, code);
        Assert.Contains("TripleFault", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TripleFault_OfOneMachine_LeavesTheOtherAlone()
    {
        using LabSession session = new(GuestUser.Unprivileged);
        string faulty = TestKernel.Write(session.Folder.File("faulty"), TripleFault);
        string healthy = TestKernel.Write(session.Folder.File("healthy"), a =>
        {
            TestKernel.Print(a, "healthy\n");
            TestKernel.Spin(a);
        });

        // The faulty one restarts, as a PC does, for as long as it is let.
        (int code, string output, _) = session.Command(
            $$"""
            $ErrorActionPreference = 'Stop'
            foreach ($name in 'Faulty', 'Healthy') { New-VM $name -MemoryStartupBytes 64MB | Out-Null }
            Set-VMFirmware Faulty -KernelPath '{{faulty}}'
            Set-VMFirmware Healthy -KernelPath '{{healthy}}'
            Start-VM Faulty
            Start-VM Healthy
            Wait-VMConsoleText Healthy '^healthy' -Timeout 120
            Stop-VM Faulty -TurnOff
            Get-VM | Sort-Object Name | ForEach-Object { "$($_.Name): $($_.State), $($_.Status)" }
            Stop-VM Healthy -TurnOff
            """);

        Assert.Equal(0, code);
        Assert.Contains("Faulty: Off", output, StringComparison.Ordinal);
        Assert.Contains("Healthy: Running, Operating normally", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_AsAGuest_EndsOrIsStoppedAndLeavesNothing()
    {
        using LabSession session = new(GuestUser.Unprivileged);
        byte[] garbage = new byte[64 << 10];
        new Random(20251).NextBytes(garbage);
        string kernel = TestKernel.Write(session.Folder.File("garbage"), a => a.db(garbage));

        (int code, _, string error) = session.Command(
            $"""
            $ErrorActionPreference = 'Stop'
            New-VM Garbage -MemoryStartupBytes 64MB | Out-Null
            Set-VMFirmware Garbage -KernelPath '{kernel}'
            Start-VM Garbage
            Stop-VM Garbage -TurnOff
            Remove-VM Garbage -Force
            """);

        Assert.True(code == 0, error);
        Assert.Equal("0", session.Command("@(Get-VM).Count").Output.Trim());
    }

    [Fact]
    public void Console_LinesTypedByACommand_ReachTheGuest()
    {
        using LabSession session = new(GuestUser.Unprivileged);

        (int code, string output, string error) = session.Command(
            session.NewMachine("A", session.Folder.Guest("vmlinuz"), $"{Quiet} task=echo") +
            """
            Start-VM A
            Wait-VMConsoleText A 'type lines' -Timeout 300
            Send-VMConsoleText A 'grüezi'
            Wait-VMConsoleText A 'heard grüezi' -Timeout 60
            Send-VMConsoleText A 'end'
            Wait-VM A -For Off -Timeout 60
            (Get-VM A).Status
            """);

        Assert.True(code == 0, error);
        Assert.Contains("guest: heard grüezi", output, StringComparison.Ordinal);
        Assert.Contains("The guest shut down", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Processor_OfARunningMachine_CannotBeGivenExtensions()
    {
        using LabSession session = new(GuestUser.Unprivileged);
        string kernel = TestKernel.Write(session.Folder.File("spin"), TestKernel.Spin);

        (int code, string output, _) = session.Command(
            $$"""
            New-VM A -MemoryStartupBytes 64MB | Out-Null
            Set-VMFirmware A -KernelPath '{{kernel}}'
            Start-VM A
            try { Set-VMProcessor -VMName A -ExposeVirtualizationExtensions $true -ErrorAction Stop; 'accepted' } catch { "refused: $($_.FullyQualifiedErrorId)" }
            "exposed: $((Get-VMProcessor A).ExposeVirtualizationExtensions)"
            Stop-VM A -TurnOff
            """);

        Assert.Equal(0, code);
        Assert.Contains("refused: InvalidState", output, StringComparison.Ordinal);
        Assert.Contains("exposed: False", output, StringComparison.Ordinal);
    }

    private static void AssertRefused(LabSession session, int code, string text, string named)
    {
        Assert.Equal(1, code);
        Assert.Contains(named, text, StringComparison.Ordinal);
        Assert.Equal("Off", session.Command("(Get-VM A).State").Output.Trim());
        Assert.Empty(session.Workers());
    }

    // An interrupt descriptor table of no length leaves no way to deliver any fault.
    private static void TripleFault(Assembler a)
    {
        a.push(0);
        a.push(0);
        a.lidt(__[esp]);
        a.ud2();
    }
}
