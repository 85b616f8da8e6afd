using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class CompareTests : IClassFixture<Session>
{
    private readonly Session _session;

    public CompareTests(Session session) => _session = session;

    [Fact]
    public void CompareVM_NothingInTheWay_IsAnEmptyReportThatCanBeImported()
    {
        Export("fine");
        _ = _session.Run("Remove-VM fine -Force");

        Assert.Equal(
            "ImportVirtualMachine 0 fine PlannedVirtualMachine True",
            _session.Text("$global:r = Compare-VM -Path (Exported fine); \"$($r.OperationType) $($r.Incompatibilities.Count) $($r.VM.Name) $($r.VM.VirtualMachineType) $($r.Destination -eq $r.VM.ComputerName)\""));
        Assert.Empty(_session.Run("Get-VM fin*"));
        Assert.Equal(
            "fine RealizedVirtualMachine True",
            _session.Text("$vm = Import-VM -CompatibilityReport $r; \"$($vm.Name) $($vm.VirtualMachineType) $($vm.Id -eq $r.VM.Id)\""));
        Assert.Equal("ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.ImportVM", _session.Fail("Remove-VM fine -Force; Import-VM -CompatibilityReport $r").FullyQualifiedErrorId);
    }

    [Fact]
    public void CompareVM_SeveralInTheWay_AreAllListedAndMended()
    {
        Export("mend");
        string root = Path.Combine(_session.Folder, "exports/mend");
        File.Delete(Path.Combine(root, "Virtual Hard Disks/mend.img"));
        Directory.Delete(Directory.GetDirectories(Path.Combine(root, "Virtual Machines"))[0], recursive: true);

        ErrorRecord error = _session.Fail("Import-VM (Exported mend)");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.ImportVM", error.FullyQualifiedErrorId);
        Assert.StartsWith("Unable to import virtual machine due to configuration errors. Please use Compare-VM to repair the virtual machine.\n", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("mend.img' does not exist", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("kernel' does not exist", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("already there", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("3 4 6", _session.Text("$global:r = Compare-VM -Path (Exported mend); ($r.Incompatibilities.MessageId) -join ' '"));
        Assert.Equal(
            "HardDiskDrive VirtualMachine",
            _session.Text("($r.Incompatibilities | Where-Object MessageId -in 4, 6 | ForEach-Object { $_.Source.GetType().Name }) -join ' '"));

        _ = _session.Run(
            """
            $r.Incompatibilities | Where-Object MessageId -eq 4 | ForEach-Object { Remove-VMHardDiskDrive $_.Source }
            Set-VMFirmware -VM $r.VM -KernelPath $folder/kernel
            Set-VMProcessor -VM $r.VM -Count 2
            Rename-VM -VM $r.VM mended
            Remove-VM mend -Force
            """);
        Assert.Equal("0", _session.Text("(Compare-VM -CompatibilityReport $r).Incompatibilities.Count"));
        Assert.Equal("mended 0 2 Running", _session.Text(
            "$vm = $r | Import-VM; Start-VM $vm; \"$($vm.Name) $($vm.HardDrives.Count) $($vm.ProcessorCount) $($vm.State)\"; Stop-VM $vm -TurnOff; Remove-VM $vm -Force"));
    }

    [Theory]
    [InlineData("\"version\": \"12.0\"", "\"version\": \"13.0\"", 2, "13.0")]
    [InlineData("\"version\": \"12.0\"", "\"version\": \"7.1\"", 2, "7.1")]
    [InlineData("\"processorCount\": 1", "\"processorCount\": 99", 1, "1 to 16")]
    [InlineData("\"memoryStartupBytes\": 536870912", "\"memoryStartupBytes\": 1048576", 1, "32 MB")]
    [InlineData("\"controllerLocation\": 0", "\"controllerLocation\": 64", 1, "location 64")]
    [InlineData("Virtual Hard Disks/edit.img", "/etc/shadow", 5, "lies outside")]
    [InlineData("Virtual Hard Disks/edit.img", "../../../edit.img", 5, "lies outside")]
    [InlineData("Virtual Hard Disks/edit.img", "Virtual Hard Disks", 4, "folder")]
    [InlineData("\"kernelCommandLine\": \"\"", "\"kernelCommandLine\": \"fake.noengine\"", 8, "engine")]
    public void CompareVM_ConfigurationThatDoesNotFit_SaysWhat(string old, string changed, int id, string named)
    {
        Export("edit");
        _ = _session.Run("Remove-VM edit -Force");
        Edit("edit", text => text.Replace(old, changed, StringComparison.Ordinal));

        Assert.Equal($"{id}", _session.Text("$global:r = Compare-VM -Path (Exported edit); $r.Incompatibilities.MessageId"));

        Assert.Contains(named, _session.Text("$r.Incompatibilities[0].Message"), StringComparison.Ordinal);
        Assert.StartsWith("OperationFailed,", _session.Fail("Import-VM -CompatibilityReport $r").FullyQualifiedErrorId, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM -VM $r.VM -Force");
        Assert.Equal("True", _session.Text("$r.VM.IsDeleted"));
        Assert.Empty(_session.Run("Get-VM edi*"));
        Directory.Delete(Path.Combine(_session.Folder, "exports/edit"), recursive: true);
    }

    [Fact]
    public void CompareVM_SavedStateOfAnotherMachine_CanBeGivenUp()
    {
        Export("state", "Start-VM state; Save-VM state");
        _ = _session.Run("Remove-VM state -Force");
        string file = Directory.GetFiles(Path.Combine(_session.Folder, "exports/state/Virtual Machines"), "*.vmrs")[0];
        File.WriteAllText(file, "rubbish");

        Assert.Equal("9 Saved", _session.Text("$global:r = Compare-VM -Path (Exported state); \"$($r.Incompatibilities.MessageId) $($r.VM.State)\""));
        Assert.Equal("0 Off", _session.Text("Remove-VMSavedState -VM $r.VM; \"$((Compare-VM -CompatibilityReport $r).Incompatibilities.Count) $($r.VM.State)\""));
        Assert.True(File.Exists(file));
        Assert.Equal("Off", _session.Text("(Import-VM -CompatibilityReport $r).State; Remove-VM state -Force"));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void CompareVM_ChangedProcessorsOfASavedMachine_DoNotFitItsState()
    {
        Export("other", "Start-VM other; Save-VM other");

        Assert.Equal("9", _session.Text(
            "$r = Compare-VM -Path (Exported other) -Copy -GenerateNewId; Set-VMProcessor -VM $r.VM -Count 2; (Compare-VM -CompatibilityReport $r).Incompatibilities.MessageId; Remove-VM other -Force"));
    }

    [Fact]
    public void PlannedMachine_DiskNamedByTheUser_StaysWhereItIs()
    {
        Export("chosen");
        string disk = _session.WriteDisk("chosen elsewhere.img", "mine");

        Assert.Equal(disk, _session.Text(
            """
            $r = Compare-VM -Path (Exported chosen) -Copy -GenerateNewId -VhdDestinationPath $folder/chosen
            $r.VM.HardDrives | Remove-VMHardDiskDrive
            Add-VMHardDiskDrive -VM $r.VM -Path "$folder/chosen elsewhere.img"
            $vm = Import-VM -CompatibilityReport $r
            $vm.HardDrives.Path; Remove-VM chosen -Force
            """));
    }

    [Fact]
    public void PlannedMachine_Operations_AreRefused()
    {
        Export("planned");

        foreach ((string script, string command) in new[] { ("Start-VM $r.VM", "StartVM"), ("Save-VM $r.VM", "SaveVM"), ("Export-VM $r.VM $folder/p", "ExportVM") })
        {
            Assert.Equal(
                $"InvalidState,Microsoft.HyperV.PowerShell.Commands.{command}",
                _session.Fail($"$r = Compare-VM -Path (Exported planned) -Copy -GenerateNewId; {script}").FullyQualifiedErrorId);
        }

        _ = _session.Run("Remove-VM planned -Force");
    }

    [Theory]
    [InlineData("Compare-VM planned otherhost")]
    [InlineData("Compare-VM planned -DestinationHost otherhost -IncludeStorage")]
    public void CompareVM_Move_IsNotSupported(string script) =>
        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.CompareVM", _session.Fail(script).FullyQualifiedErrorId);

    private void Edit(string name, Func<string, string> change)
    {
        string file = _session.Text($"Exported {name}");
        string text = File.ReadAllText(file);
        string changed = change(text);
        Assert.NotEqual(text, changed);
        File.WriteAllText(file, changed);
    }

    private void Export(string name, string prepare = "")
    {
        _session.Create(name);
        _ = _session.WriteDisk($"{name}.img", "content");
        _ = _session.Run(
            $$"""
            function global:Exported([string] $name, [string] $in = "exports/$name") { [IO.Directory]::GetFiles("$folder/$in", '*.vmcx', 'AllDirectories')[0] }
            Add-VMHardDiskDrive {{name}} -Path $folder/{{name}}.img
            {{prepare}}
            Export-VM {{name}} $folder/exports
            """);
    }
}
