using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>What is done to L1 while L2 counts in it: it is suspended, restarted, and copied, saved or at work.</summary>
public sealed partial class MoveTests
{
    private const int Seconds = 10;
    private const int Numbers = Seconds * 20;

    [Fact]
    public void SuspendVM_L2CountsInL1_GoesOnWithoutLosingANumber()
    {
        string[] output = Run(
            """
            Suspend-VM L1
            $first = @(Get-VMConsoleLog L1).Count
            "suspended: $((Get-VM L1).State)"
            $uptime = (Get-VM L1).Uptime
            "stands still: $(@(Get-VMConsoleLog L1).Count -eq $first -and (Get-VM L1).Uptime -eq $uptime)"
            Resume-VM L1
            "resumed: $((Get-VM L1).State)"
            Wait-VM L1 -For Off -Timeout 600
            Get-VMConsoleLog L1
            """);

        Assert.Contains("suspended: Paused", output);
        Assert.Contains("stands still: True", output);
        Assert.Contains("resumed: Running", output);
        Assert.Equal(Enumerable.Range(1, Numbers), NumbersOf(output));
        AssertWell(output);
    }

    [Fact]
    public void RestartVM_L2CountsInL1_BothBootAgain()
    {
        string[] output = Run(
            """
            Restart-VM L1 -Force
            "restarted: $((Get-VM L1).State)"
            $end = [DateTime]::UtcNow.AddMinutes(8)
            while (@(Get-VMConsoleLog L1 | Where-Object { $_ -eq 'L2: count 10' }).Count -lt 2) {
                if ((Get-VM L1).State -ne 'Running' -or [DateTime]::UtcNow -gt $end) { throw "L2 did not count again: $(Get-VMConsoleLog L1 -Tail 5)" }
                [System.Threading.Thread]::Sleep(50)
            }
            Get-VMConsoleLog L1
            Stop-VM L1 -TurnOff
            """);

        Assert.Contains("restarted: Running", output);
        Assert.Equal(2, output.Count(line => line.StartsWith("L1: kernel:", StringComparison.Ordinal)));
        Assert.Equal(2, output.Count(line => line == "L2: count 1"));
    }

    [Fact]
    public void ExportVM_OfSavedL1_L2GoesOnCountingInTheCopy()
    {
        string[] output = Run(
            """
            Save-VM L1
            Export-VM L1 "$folder/exports"
            $log = [System.IO.File]::ReadAllText((Get-VM L1).ConsoleLogPath)
            $copy = Import-VM ([System.IO.Directory]::GetFiles("$folder/exports", '*.vmcx', 'AllDirectories')[0]) -Copy -GenerateNewId -VhdDestinationPath "$folder/disks"
            "imported: $($copy.State) $($copy.Id -ne (Get-VM L1 | Where-Object Path -ne $copy.Path).Id)"
            Remove-VM -VM (Get-VM L1 | Where-Object Path -ne $copy.Path) -Force
            Start-VM $copy
            "started: $($copy.State)"
            Wait-VM L1 -For Off -Timeout 600
            # The copy's console goes on where the original's stopped, perhaps in the middle of a line.
            $log + [System.IO.File]::ReadAllText($copy.ConsoleLogPath)
            """);

        Assert.Contains("imported: Saved True", output);
        Assert.Contains("started: Running", output);
        Assert.Equal(Enumerable.Range(1, Numbers), NumbersOf(output));
        AssertWell(output);
    }

    [Fact]
    public void ExportVM_OfRunningL1_L2GoesOnCountingInBoth()
    {
        string[] output = Run(
            """
            Export-VM L1 "$folder/exports"
            "exported: $((Get-VM L1).State)"
            $copy = Import-VM ([System.IO.Directory]::GetFiles("$folder/exports", '*.vmcx', 'AllDirectories')[0]) -Copy -GenerateNewId -VhdDestinationPath "$folder/disks"
            "imported: $($copy.State)"
            Rename-VM -VM $copy copy
            Start-VM copy
            Wait-VM L1, copy -For Off -Timeout 900
            Get-VMConsoleLog L1
            '--- copy'
            Get-VMConsoleLog copy
            Remove-VM copy -Force
            """);

        int split = Array.IndexOf(output, "--- copy");
        Assert.Contains("exported: Running", output);
        Assert.Contains("imported: Saved", output);
        Assert.Equal(Enumerable.Range(1, Numbers), NumbersOf(output[..split]));
        int[] copied = [.. NumbersOf(output[split..])];
        Assert.InRange(copied[0], 10, Numbers);
        Assert.Equal(Enumerable.Range(copied[0], Numbers - copied[0] + 1), copied);
        AssertWell(output[..split]);
        AssertWell(output[split..]);
    }

    // Runs commands while L2 counts in L1.
    private static string[] Run(string commands)
    {
        using LabSession session = new(GuestUser.Unprivileged);
        (int code, string output, string error) = session.Command(
            $$"""
            $ErrorActionPreference = 'Stop'
            $folder = '{{session.Folder.Path}}'
            New-VM -Name L1 -MemoryStartupBytes 1GB | Out-Null
            Set-VMProcessor L1 -ExposeVirtualizationExtensions $true
            Set-VMFirmware L1 -KernelPath '{{session.Folder.Guest("vmlinuz")}}' -InitialRamDiskPath '{{session.Folder.Guest("l1.cpio")}}' -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1 task=nest last=count seconds={{Seconds}}'
            Add-VMHardDiskDrive L1 -Path '{{session.Folder.Guest("nestvisor.img")}}' -ReadOnly
            Start-VM L1
            Wait-VMConsoleText L1 'L2: count 10$' -Timeout 480 | Out-Null
            {{commands}}
            Get-VM L1 | Remove-VM -Force
            """);
        Assert.True(code == 0, error);
        return output.Split('\n', StringSplitOptions.TrimEntries);
    }

    private static IEnumerable<int> NumbersOf(string[] lines) => lines
        .Select(line => Count().Match(line))
        .Where(match => match.Success)
        .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static void AssertWell(string[] output)
    {
        Assert.Contains("L2: the kernel does not complain about its clocks", output);
        Assert.Contains("L1: the worker of L2 ended with exit code 0", output);
        Assert.All(output, line => Assert.False(Complaint().IsMatch(line), line));
    }

    [GeneratedRegex(@"^L2: count (\d+)$")]
    private static partial Regex Count();

    [GeneratedRegex(@"unstable|soft lockup|stall|BUG:|Oops|WARNING:|Call Trace|kernel panic", RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();
}
