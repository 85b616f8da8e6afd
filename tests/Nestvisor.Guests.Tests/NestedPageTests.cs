using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Microsoft's page on running Hyper-V in a virtual machine with nested virtualization: its lines as they are printed, typed at the prompt. Only
/// the name of the virtual machine is put in, as the page's reader does.
/// </summary>
public sealed partial class NestedPageTests
{
    private const string Enable = "Set-VMProcessor -VMName <VMName> -ExposeVirtualizationExtensions $true";
    private const string Disable = "Set-VMProcessor -VMName <VMName> -ExposeVirtualizationExtensions $false";

    [Fact]
    public void Page_TypedAsPrinted_GivesAMachineThatRunsItsOwn()
    {
        using LabSession session = new(GuestUser.Unprivileged);
        using LabTerminal terminal = new(session);

        // First a machine is made, and given the extensions while it is off.
        _ = terminal.Enter("New-VM -Name L1 -MemoryStartupBytes 512MB");
        AssertQuiet(terminal.Enter($"Set-VMFirmware L1 -KernelPath {session.Folder.Guest("vmlinuz")} -InitialRamDiskPath {session.Folder.Guest("l1.cpio")}"));

        // The kernel is silent, not only quiet: a message of its own after the prompt of L1's shell would hide that prompt.
        AssertQuiet(terminal.Enter("Set-VMFirmware L1 -KernelCommandLine 'console=ttyS0 loglevel=0 panic=-1 cryptomgr.notests name=L1 task=shell'"));
        AssertQuiet(terminal.Enter($"Add-VMHardDiskDrive L1 -Path {session.Folder.Guest("nestvisor.img")} -ReadOnly"));
        AssertQuiet(terminal.Enter(Of(Enable, "L1")));
        Assert.Equal("True", Value(terminal, "(Get-VMProcessor -VMName L1).ExposeVirtualizationExtensions"));

        // The extensions alone do not fix the amount of memory.
        AssertQuiet(terminal.Enter("Set-VMMemory -VMName L1 -StartupBytes 1GB"));
        Assert.Equal("1024", Value(terminal, "(Get-VMMemory -VMName L1).Startup / 1MB"));

        // It is started. Now it can neither get nor lose the extensions, and its memory cannot be changed.
        AssertQuiet(terminal.Enter("Start-VM L1"));
        foreach (string refused in (string[])[Of(Enable, "L1"), Of(Disable, "L1"), "Set-VMMemory -VMName L1 -StartupBytes 2GB"])
        {
            string error = terminal.Enter(refused);
            Assert.Contains("'L1'", error, StringComparison.Ordinal);
            Assert.Contains("while the virtual machine is off", Joined(error), StringComparison.Ordinal);
        }

        Assert.Equal("True", Value(terminal, "(Get-VMProcessor -VMName L1).ExposeVirtualizationExtensions"));
        Assert.Equal("1024", Value(terminal, "(Get-VMMemory -VMName L1).Startup / 1MB"));

        // A hypervisor is installed in it as on a physical server: Nestvisor, which is on its disk and is used at its own prompt.
        // Its prompt may have come before the console was connected: an empty line brings another.
        _ = terminal.Enter("Connect-VMConsole L1", Connected());
        _ = terminal.Enter("", GuestPrompt());
        Assert.Equal("/dev/kvm", terminal.Enter("ls /dev/kvm", GuestPrompt()).Trim());
        _ = terminal.Enter("stty cols 100 rows 50; dmesg -n 1", GuestPrompt());
        _ = terminal.Enter("nestvisor -NoLogo", LabTerminal.Prompt());
        _ = terminal.Enter("New-VM -Name L2 -MemoryStartupBytes 192MB");
        AssertQuiet(terminal.Enter("Set-VMFirmware L2 -KernelPath /opt/nestvisor/guest/vmlinuz -InitialRamDiskPath /opt/nestvisor/guest/test.cpio"));
        AssertQuiet(terminal.Enter("Set-VMFirmware L2 -KernelCommandLine 'console=ttyS0 quiet panic=-1 cryptomgr.notests name=L2 task=wait'"));
        AssertQuiet(terminal.Enter("Start-VM L2"));
        Assert.Equal("L2: waiting", Value(terminal, "Wait-VMConsoleText L2 'waiting' -Timeout 400"));
        Assert.Equal("L2 Running Kvm", Value(terminal, "Get-VM | ForEach-Object { \"$($_.Name) $($_.State) $($_.Engine)\" }"));
        AssertQuiet(terminal.Enter("Stop-VM L2 -TurnOff"));
        _ = terminal.Enter("exit", GuestPrompt());

        // L1's own shell is all that it runs, so that it powers off; the world switches are those of L2.
        Assert.Contains("Disconnected from the console of 'L1'", terminal.Enter("exit"), StringComparison.Ordinal);
        AssertQuiet(terminal.Enter("Wait-VM L1 -For Off -Timeout 120"));
        Assert.Equal("True", Value(terminal, "Get-VMEngineStatistics L1 | ForEach-Object { $_.Engine -eq 'Kvm' -or $_.Vmrun -gt 1000 }"));

        // Off again, it loses the extensions, and the hypervisor in it finds none.
        AssertQuiet(terminal.Enter(Of(Disable, "L1")));
        AssertQuiet(terminal.Enter("Start-VM L1"));
        Assert.Equal("L1: /proc/cpuinfo has neither svm nor vmx", Value(terminal, "Wait-VMConsoleText L1 'proc/cpuinfo has' -Timeout 400"));
        Assert.StartsWith("L1: kvm-amd does not load", Value(terminal, "Wait-VMConsoleText L1 'kvm-amd' -Timeout 400"), StringComparison.Ordinal);
        AssertQuiet(terminal.Enter("Stop-VM L1 -TurnOff"));
        AssertQuiet(terminal.Enter("Remove-VM L1 -Force"));
        Assert.Equal("0", Value(terminal, "@(Get-VM).Count"));
    }

    // Some of the page's lines are typeset, with –Name and “192.168.100.0/24”: what is copied from it need not be ASCII.
    [Fact]
    public void Page_TypesettersDashesAndQuotes_AreReadAsTheTypewritersAre()
    {
        using LabSession session = new(GuestUser.Caller);
        using LabTerminal terminal = new(session);

        _ = terminal.Enter("New-VM –Name “Lab 1” –MemoryStartupBytes 64MB");
        AssertQuiet(terminal.Enter(Of(Enable, "“Lab 1”").Replace('-', '–').Replace("Set–VM", "Set-VM", StringComparison.Ordinal)));
        Assert.Equal("True", Value(terminal, "(Get-VMProcessor —VMName ‘Lab 1’).ExposeVirtualizationExtensions"));
        AssertQuiet(terminal.Enter(Of(Disable, "„Lab 1“").Replace('-', '—').Replace("Set—VM", "Set-VM", StringComparison.Ordinal)));
        Assert.Equal("False", Value(terminal, "(Get-VMProcessor –VMName “Lab 1”).ExposeVirtualizationExtensions"));
        AssertQuiet(terminal.Enter("Remove-VM –Name “Lab 1” –Force"));
    }

    // The page's prerequisites: with AMD's processors, which the software engine's is, configuration version 10.0 or later.
    [Fact]
    public void Page_OlderConfigurationVersion_IsRefusedWithTheOneNeeded()
    {
        using LabSession session = new(GuestUser.Caller);
        using LabTerminal terminal = new(session);

        foreach ((string version, bool allowed) in (ReadOnlySpan<(string, bool)>)[("9.3", false), ("10.0", true)])
        {
            _ = terminal.Enter($"New-VM -Name L1 -MemoryStartupBytes 64MB -Version {version} -Engine Software");
            string answer = Joined(terminal.Enter(Of(Enable, "L1")));
            Assert.Equal(allowed, answer.Length == 0);
            if (!allowed)
            {
                Assert.Contains("they need configuration version 10.0 or later, and it has 9.3", answer, StringComparison.Ordinal);
            }

            Assert.Equal(allowed.ToString(), Value(terminal, "(Get-VMProcessor -VMName L1).ExposeVirtualizationExtensions"));
            AssertQuiet(terminal.Enter("Remove-VM L1 -Force"));
        }
    }

    private static string Of(string line, string name) => line.Replace("<VMName>", name, StringComparison.Ordinal);

    private static string Value(LabTerminal terminal, string line) => terminal.Enter(line).Trim();

    private static void AssertQuiet(string printed) => Assert.Equal("", printed.Trim());

    // Errors are broken into lines at the terminal's width.
    private static string Joined(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What is said when a console is connected.</summary>
    [GeneratedRegex(@"Press Ctrl-\] to disconnect\.")]
    private static partial Regex Connected();

    /// <summary>The prompt of L1's own shell at the end of the screen.</summary>
    [GeneratedRegex(@"\n/ #\n*\z")]
    private static partial Regex GuestPrompt();
}
