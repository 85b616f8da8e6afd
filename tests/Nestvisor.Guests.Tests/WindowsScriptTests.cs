using Nestvisor.Worker.Tests;

namespace Nestvisor.Guests.Tests;

/// <summary>Scripts as they are written for Hyper-V on Windows, run by <c>-File</c> with their answers on standard input.</summary>
public sealed class WindowsScriptTests
{
    // Asks for rights, looks, asks, stops, changes: what a script does that makes a machine ready to nest.
    private const string Prepare =
        """
        param([string]$machine)
        $user = [System.Security.Principal.WindowsIdentity]::GetCurrent();
        $principal = New-Object System.Security.Principal.WindowsPrincipal($user);
        if (-not $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
            Write-Host "not elevated"
            Exit;
        }
        $Host.UI.RawUI.WindowTitle = $myInvocation.MyCommand.Definition + "(as administrator)";
        $vm = Get-VM -Name $machine
        $found = New-Object PSObject
        Add-Member -InputObject $found NoteProperty -Name "State" -Value $vm.State
        Add-Member -InputObject $found NoteProperty -Name "Dynamic" -Value $vm.DynamicMemoryEnabled
        Add-Member -InputObject $found NoteProperty -Name "Memory" -Value (Get-VMMemory -VmName $machine).Startup
        Add-Member -InputObject $found NoteProperty -Name "Extensions" -Value $false
        $found.Extensions = (Get-VMProcessor -VM $vm).ExposeVirtualizationExtensions
        Write-Host "State:" $found.State
        Write-Host "Go on?" -NoNewline -ForegroundColor Yellow
        $answer = Read-Host
        while (-not ($answer.StartsWith('Y') -or $answer.StartsWith('N'))) {
            Write-Host "Y or N"
            $answer = Read-Host
        }
        if ($answer.StartsWith('Y')) {
            if ($found.State -eq 'Saved') { Remove-VMSavedState -VMName $machine }
            if ($found.State -ne 'Off' -or $found.State -eq 'Saved') { Stop-VM -VMName $machine }
            if ($found.Extensions -eq $false) { Set-VMProcessor -VMName $machine -ExposeVirtualizationExtensions $true }
            if ($found.Dynamic -eq $true) { Set-VMMemory -VMName $machine -DynamicMemoryEnabled $false }
            if ($found.Memory -lt 4294967296) {
                Write-Host "Give it 4 GB?" -NoNewline
                $input = Read-Host
                if ($input -eq 'Y') { Set-VMMemory -VMName $machine -StartupBytes 4294967296 } else { Write-Host "left" }
            }
            Exit;
        }
        Write-Host "nothing done"
        """;

    [Theory]
    [InlineData("Y\\nY\\n", "Off True 4096", "")]
    [InlineData("x\\nY\\nN\\n", "Off True 64", "Y or N\n")]
    [InlineData("N\\n", "Saved False 64", "nothing done\n")]
    public void Script_OfASavedMachine_DoesWhatItIsAnswered(string answers, string after, string said)
    {
        using LabSession session = new(GuestUser.Unprivileged);
        string kernel = TestKernel.Write(session.Folder.File("spin"), TestKernel.Spin);
        (int code, _, string error) = session.Command(
            $"$ErrorActionPreference = 'Stop'; New-VM A -MemoryStartupBytes 64MB | Out-Null; Set-VMFirmware A -KernelPath '{kernel}'; Start-VM A; Save-VM A");
        Assert.True(code == 0, error);

        (code, string output, error) = Run(session, Prepare, answers, "-Machine A");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("State: Saved\n", output, StringComparison.Ordinal);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.Equal(
            after,
            session.Command("\"$((Get-VM A).State) $((Get-VMProcessor A).ExposeVirtualizationExtensions) $((Get-VMMemory A).Startup / 1MB)\"").Output.Trim());
        Assert.Equal(0, session.Command("Remove-VM A -Force").ExitCode);
    }

    [Fact]
    public void Script_WhereTheServiceIsAnotherUsers_IsNotElevated()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs two users: root, who runs the tests, and an unprivileged one.");
        using LabSession owner = new(GuestUser.Caller);
        using LabSession session = new(GuestUser.Unprivileged);
        Assert.Equal("0", owner.Command("@(Get-VM).Count").Output.Trim());

        (int code, string output, string error) = Run(session, $"$env:NESTVISOR_RUNTIME = '{owner.Environment["NESTVISOR_RUNTIME"]}'\n{Body}", "", "-Machine A");

        Assert.Equal((0, "not elevated\n", ""), (code, output, error));
    }

    // The script without its parameters, which must come first.
    private static string Body => Prepare[Prepare.IndexOf('\n', StringComparison.Ordinal)..];

    private static (int ExitCode, string Output, string Error) Run(LabSession session, string text, string answers, string options)
    {
        string script = session.Folder.File("prepare.ps1");
        File.WriteAllText(script, text);
        return LabProcess.Run(
            ["sh", "-c", $"printf '{answers}' | {string.Join(' ', session.Words("-NoProfile", "-File", script))} {options}"], session.Environment);
    }
}
