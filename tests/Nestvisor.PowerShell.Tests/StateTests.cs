using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class StateTests : IClassFixture<Session>
{
    private readonly Session _session;

    public StateTests(Session session) => _session = session;

    [Fact]
    public void StartVM_AndTurnOff_TheSameObjectShowsIt()
    {
        _session.Create("life");

        Assert.Equal(
            "Off Running Software 536870912 7 Paused Running Off",
            _session.Text(
                """
                $vm = Get-VM life
                $s = @($vm.State); Start-VM life; $s += $vm.State, $vm.Engine, $vm.MemoryAssigned, $vm.CPUUsage
                Suspend-VM life; $s += $vm.State; Resume-VM life; $s += $vm.State
                Stop-VM life -TurnOff; $s += $vm.State; "$s"
                Remove-VM life -Force
                """));
    }

    [Fact]
    public void SetVMProcessor_ExtensionsOfARunningMachine_AreRefusedAndUnchanged()
    {
        _session.Create("nested");
        _ = _session.Run("Start-VM nested");

        ErrorRecord error = _session.Fail("Set-VMProcessor -VMName nested -ExposeVirtualizationExtensions $true");

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Equal("Microsoft.HyperV.PowerShell.VirtualizationException", error.Exception.GetType().FullName);
        Assert.Equal("False", _session.Text("(Get-VMProcessor nested).ExposeVirtualizationExtensions"));
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", _session.Fail("Set-VMProcessor nested -Count 2").FullyQualifiedErrorId);
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMMemory", _session.Fail("Set-VMMemory nested -StartupBytes 1GB").FullyQualifiedErrorId);
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.RemoveVM", _session.Fail("Remove-VM nested -Force").FullyQualifiedErrorId);
        _ = _session.Run("Set-VM nested -Notes 'may change'; Stop-VM nested -TurnOff; Remove-VM nested -Force");
    }

    [Fact]
    public void SaveVM_ThenStartVM_TheSameObjectShowsIt()
    {
        _session.Create("saved");

        Assert.Equal(
            "Saved 0 Running Saved Running Saved Off",
            _session.Text(
                """
                $vm = Get-VM saved; Start-VM saved
                $s = @((Save-VM saved -Passthru).State); $s += $vm.MemoryAssigned
                Start-VM saved; $s += $vm.State
                Stop-VM $vm -Save; $s += $vm.State
                $vm | Start-VM; $s += $vm.State
                Suspend-VM saved; $vm | Save-VM; $s += $vm.State
                Remove-VMSavedState -VMName saved; $s += $vm.State; "$s"
                Start-VM saved; Save-VM saved; Remove-VM saved -Force
                """));
        Assert.Equal("0", _session.Text("@(Get-VM saved*).Count"));
    }

    [Fact]
    public void SavedMachine_SettingsOfItsProcessorsAndMemory_AreRefused()
    {
        _session.Create("kept");
        _ = _session.Run("Start-VM kept; Save-VM kept");

        ErrorRecord error = _session.Fail("Set-VMProcessor kept -ExposeVirtualizationExtensions $true");
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMMemory", _session.Fail("Set-VMMemory kept -StartupBytes 1GB").FullyQualifiedErrorId);
        Assert.Equal("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.StopVM", _session.Fail("Stop-VM kept -Save -TurnOff").FullyQualifiedErrorId);
        _ = _session.Run("Rename-VM kept kept2; Remove-VM kept2 -Force");
    }

    [Theory]
    [InlineData("Start-VM state; Save-VM state; Save-VM state")]
    [InlineData("Start-VM state; Save-VM state; Stop-VM state -Save")]
    [InlineData("Start-VM state; Start-VM state")]
    [InlineData("Stop-VM state")]
    [InlineData("Stop-VM state -TurnOff")]
    public void Command_NothingToDo_Warns(string script)
    {
        _session.Create("state");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll(script);

        Assert.Empty(errors);
        Assert.Equal(["The virtual machine is already in the specified state."], warnings);
        _ = _session.RunAll("if ((Get-VM state).State -ne 'Saved') { Stop-VM state -TurnOff }; Remove-VM state -Force");
    }

    [Theory]
    [InlineData("Suspend-VM off", "SuspendVM", "Start it with Start-VM.")]
    [InlineData("Resume-VM off", "ResumeVM", "Start it with Start-VM.")]
    [InlineData("Restart-VM off -Force", "RestartVM", "Start it with Start-VM.")]
    [InlineData("Save-VM off", "SaveVM", "Start it with Start-VM.")]
    [InlineData("Stop-VM off -Save", "StopVM", "Start it with Start-VM.")]
    [InlineData("Remove-VMSavedState off", "RemoveVMSavedState", "It has no saved state.")]
    public void Command_OffMachine_IsRefusedAndSaysWhatToDo(string script, string command, string remedy)
    {
        _session.Create("off");

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"InvalidState,Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
        Assert.EndsWith(remedy, error.Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM off -Force");
    }

    [Theory]
    [InlineData("Restart-VM again -Force")]
    [InlineData("'again' | Restart-VM -Force")]
    [InlineData("Restart-VM (Get-VM again) -Force")]
    [InlineData("Get-VM again | Restart-VM -Force")]
    [InlineData("Restart-VM -VMName again -Force -Type Reset")]
    public void RestartVM_GivenInAnyWay_NeedsNoWait(string script)
    {
        _session.Create("again");

        Assert.Equal("Running", _session.Text($"Start-VM again; {script}; (Get-VM again).State; Stop-VM again -TurnOff; Remove-VM again -Force"));
    }

    [Fact]
    public void StopVM_Default_ShutsTheGuestDown()
    {
        _session.Create("acpi");

        Assert.Equal(
            "Off|The guest shut down|fake guest: power button",
            _session.Text("Start-VM acpi; Stop-VM acpi; $vm = Get-VM acpi; \"$($vm.State)|$($vm.Status)|$((Get-VMConsoleLog acpi)[-1])\"; Remove-VM acpi -Force"));
    }

    [Theory]
    [InlineData("New-VM bad", "no kernel", "OperationFailed")]
    [InlineData("New-VM bad | Set-VMFirmware -KernelPath /nowhere/vmlinuz", "/nowhere/vmlinuz", "ObjectNotFound")]
    [InlineData("New-VM bad | Set-VMFirmware -KernelPath /etc/passwd", "is not a kernel", "InvalidParameter")]
    [InlineData("New-VM bad | Set-VMFirmware -KernelPath /etc", "folder", "ObjectNotFound")]
    [InlineData("New-VM bad | Set-VMFirmware -KernelPath \"$folder/kernel\" -InitialRamDiskPath /nowhere/initrd", "/nowhere/initrd", "ObjectNotFound")]
    [InlineData("New-VM bad | Set-VMFirmware -KernelPath \"$folder/kernel\" -KernelCommandLine fake.fail=Too_bad.", "Too bad.", "OperationFailed")]
    [InlineData("$f = [IO.File]::OpenWrite(\"$folder/big\"); $f.SetLength(64MB); $f.Close(); New-VM bad 32MB | Set-VMFirmware -KernelPath \"$folder/kernel\" -InitialRamDiskPath \"$folder/big\"", "do not fit", "OutOfMemory")]
    public void StartVM_BadInput_IsAClearErrorAndLeavesNothingBehind(string create, string named, string id)
    {
        _ = _session.Run(create);

        ErrorRecord error = _session.Fail("Start-VM bad");

        Assert.Equal($"{id},Microsoft.HyperV.PowerShell.Commands.StartVM", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("Off", _session.Text("(Get-VM bad).State"));
        string machines = Path.Combine(_session.Folder, "r", "vms");
        Assert.True(!Directory.Exists(machines) || Directory.GetDirectories(machines).Length == 0);
        _ = _session.Run("Remove-VM bad -Force");
    }

    [Fact]
    public void Console_TypedText_IsAnsweredAndLogged()
    {
        _session.Create("console");

        Assert.Equal(
            "echo hello|fake guest: booted",
            _session.Text(
                """
                Start-VM console
                Wait-VMConsoleText console 'fake guest: b..ted' -Timeout 30 | Out-Null
                Send-VMConsoleText console hello
                $line = Wait-VMConsoleText console -Text 'echo hello' -SimpleMatch -Timeout 30
                "$line|$((Get-VMConsoleLog console)[0])"
                """));
        Assert.Equal("1", _session.Text("@(Get-VMConsoleLog console -Tail 1).Count"));
        Assert.Equal(
            "OperationTimeout,Microsoft.HyperV.PowerShell.Commands.WaitVMConsoleText",
            _session.Fail("Wait-VMConsoleText console 'never printed' -Timeout 0").FullyQualifiedErrorId);
        Assert.Equal(
            "Off", _session.Text("Send-VMConsoleText console poweroff; Wait-VM console -For Off -Timeout 30; (Get-VM console).State"));
        Assert.Contains(
            "is off", _session.Fail("Wait-VMConsoleText console 'never printed' -Timeout 30").Exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("InvalidState,", _session.Fail("Send-VMConsoleText console x").FullyQualifiedErrorId, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM console -Force");
    }

    [Fact]
    public void GetVMConsoleLog_OfAFileThatCannotBeRead_IsAnErrorOfThatMachineOnly()
    {
        _session.Create("mute");
        _session.Create("loud");
        _ = _session.Run("Start-VM loud; Wait-VMConsoleText loud booted -Timeout 60");

        // What the kernel answers to a read at address 0 is an input/output error.
        _ = _session.Run("[IO.File]::CreateSymbolicLink((Get-VM mute).ConsoleLogPath, '/proc/self/mem')");
        (IReadOnlyCollection<PSObject> output, List<ErrorRecord> errors, _) = _session.RunAll("Get-VMConsoleLog mute, loud");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.GetVMConsoleLog", Assert.Single(errors).FullyQualifiedErrorId);
        Assert.Contains("fake guest: booted", output.Select(line => line.ToString()));
        _ = _session.Run("Stop-VM loud -TurnOff; Remove-VM loud, mute -Force");
    }

    [Fact]
    public void WaitVM_WithoutIntegrationServices_SaysWhatToUse()
    {
        _session.Create("wait");

        Assert.Contains("-For Off", _session.Fail("Wait-VM wait").Exception.Message, StringComparison.Ordinal);
        Assert.Equal("OperationTimeout,Microsoft.HyperV.PowerShell.Commands.WaitVM", _session.Fail("Start-VM wait; Wait-VM wait -For Off -Timeout 0").FullyQualifiedErrorId);
        _ = _session.Run("Stop-VM wait -TurnOff; Remove-VM wait -Force");
    }

    [Fact]
    public void GetVMEngineStatistics_RunningAndOff_ShowsTheCounters()
    {
        _session.Create("count");

        Assert.Equal("42 42 Software", _session.Text(
            "Start-VM count; $a = (Get-VMEngineStatistics count).VmrunCount; Stop-VM count -TurnOff; \"$a $((Get-VMEngineStatistics count).VmrunCount) $((Get-VMEngineStatistics count).Engine)\"; Remove-VM count -Force"));
    }

    [Fact]
    public void Pipeline_OneOfSeveralFails_TheOthersAreDone()
    {
        _session.Create("one");
        _ = _session.Run("New-VM two | Out-Null");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.StartVM", _session.Fail("'two', 'one' | Start-VM").FullyQualifiedErrorId);

        Assert.Equal("Running", _session.Text("(Get-VM one).State"));
        _ = _session.Run("Stop-VM one -TurnOff; Remove-VM one, two -Force");
    }
}
