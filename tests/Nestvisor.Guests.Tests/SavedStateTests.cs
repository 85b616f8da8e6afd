using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>Machines with kernels that work while they are saved, and go on where they were.</summary>
public sealed partial class SavedStateTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1";

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void SaveVM_TwoBusyProcessors_GoOnTwice(GuestUser user)
    {
        using LabSession session = new(user);

        string[] console = Run(
            session,
            session.NewMachine("L1", session.Folder.Guest("vmlinuz"), $"{Words} task=watch seconds=10", "Set-VMProcessor L1 -Count 2"),
            "L1: now",
            "Stop-VM L1 -Save");

        Assert.DoesNotContain(console, line => line.Contains("went back", StringComparison.Ordinal));
        AssertWell(console, "L1");
    }

    [Fact]
    public void SaveVM_L2CountsInL1_NoNumberIsLost()
    {
        using LabSession session = new(GuestUser.Unprivileged);

        string[] console = Run(
            session,
            $"""
            $ErrorActionPreference = 'Stop'
            New-VM -Name L1 -MemoryStartupBytes 1GB | Out-Null
            Set-VMProcessor L1 -ExposeVirtualizationExtensions $true
            Set-VMFirmware L1 -KernelPath '{session.Folder.Guest("vmlinuz")}' -InitialRamDiskPath '{session.Folder.Guest("l1.cpio")}' -KernelCommandLine '{Words} task=nest last=count seconds=15'
            Add-VMHardDiskDrive L1 -Path '{session.Folder.Guest("nestvisor.img")}' -ReadOnly

            """,
            "L2: count",
            "Suspend-VM L1; Save-VM L1");

        AssertWell(console, "L2");
        Assert.Contains("L1: the worker of L2 ended with exit code 0", console);
        Assert.Equal(
            Enumerable.Range(1, 300),
            console.Select(line => Count().Match(line)).Where(match => match.Success).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    /// <summary>The Kvm engine, where its guests are ordinary kernels: in L1.</summary>
    [Fact]
    public void SaveVM_OnKvmInL1WhileL3Counts_NoNumberIsLost()
    {
        using LabFolder folder = new(GuestUser.Caller);

        (int code, string output, string error) = LabProcess.Run(
        [
            Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--expose-virtualization-extensions", "--memory", "3G",
            "--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("l1.cpio"), "--append", $"{Words} script=l1-saved",
            "--disk", folder.Guest("nestvisor.img") + ",ro",
        ]);

        Assert.True(code == 0, error);
        string[] console = output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(2, console.Count(line => line == "L1: L2 is Saved"));
        Assert.Equal(2, console.Count(line => line == "L1: L2 is Running on Kvm"));
        AssertWell([.. console.Select(line => line.Replace("console of ", "", StringComparison.Ordinal))], "L3");
        Assert.Equal(
            Enumerable.Range(1, 300),
            console.Select(line => CountInL3().Match(line)).Where(match => match.Success).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    // Saves L1 twice, each time after the guest has printed some more lines of a kind, and runs it to its end.
    private static string[] Run(LabSession session, string create, string line, string secondSave)
    {
        (int code, string output, string error) = session.Command(
            create +
            $$"""
            function Wait-Line([int] $More) {
                $count = @(Get-VMConsoleLog L1 | Where-Object { $_ -like '{{line}} *' }).Count + $More
                $end = [DateTime]::UtcNow.AddMinutes(8)
                while (@(Get-VMConsoleLog L1 | Where-Object { $_ -like '{{line}} *' }).Count -lt $count) {
                    if ((Get-VM L1).State -ne 'Running' -or [DateTime]::UtcNow -gt $end) { throw "L1 printed no more: $(Get-VMConsoleLog L1 -Tail 5)" }
                    [System.Threading.Thread]::Sleep(50)
                }
            }

            Start-VM L1
            Wait-Line 20
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            Save-VM L1
            "saved: $((Get-VM L1).State) after $($clock.Elapsed.TotalSeconds) s, $([System.IO.FileInfo]::new("$((Get-VM L1).Path)/saved-state").Length) bytes"
            try { Set-VMProcessor L1 -Count 4; 'changed' } catch { "refused: $($_.FullyQualifiedErrorId)" }
            $clock.Restart()
            Start-VM L1
            "started: $((Get-VM L1).State) after $($clock.Elapsed.TotalSeconds) s"
            Wait-Line 20
            {{secondSave}}
            "saved again: $((Get-VM L1).State)"
            Start-VM L1
            Wait-VM L1 -For Off -Timeout 600
            "ended: $((Get-VM L1).Status)"
            Get-VMConsoleLog L1
            Remove-VM L1 -Force
            """);

        Assert.True(code == 0, error);
        Assert.Contains("saved: Saved", output, StringComparison.Ordinal);
        Assert.Contains("refused: InvalidState,", output, StringComparison.Ordinal);
        Assert.Contains("started: Running", output, StringComparison.Ordinal);
        Assert.Contains("saved again: Saved", output, StringComparison.Ordinal);
        Assert.Contains("ended: The guest shut down", output, StringComparison.Ordinal);
        return output.Split('\n', StringSplitOptions.TrimEntries);
    }

    private static void AssertWell(string[] console, string name)
    {
        Assert.Contains($"{name}: the kernel does not complain about its clocks", console);
        Assert.All(console, line => Assert.False(Complaint().IsMatch(line), line));
    }

    [GeneratedRegex(@"^L2: count (\d+)$")]
    private static partial Regex Count();

    [GeneratedRegex(@"^console of L3: count (\d+)$")]
    private static partial Regex CountInL3();

    [GeneratedRegex(@"unstable|soft lockup|stall|BUG:|Oops|WARNING:|Call Trace|kernel panic", RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();
}
