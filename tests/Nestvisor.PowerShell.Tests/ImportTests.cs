using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class ImportTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ImportTests(Session session) => _session = session;

    [Fact]
    public void ImportVM_WhereItIs_KeepsIdentifierAndFilesAlsoForTheNextService()
    {
        Export("place", "Start-VM place; Save-VM place");
        Guid id = (Guid)_session.Run("(Get-VM place).Id; Remove-VM place -Force")[0].BaseObject;
        string root = Path.Combine(_session.Folder, "exports/place");

        Assert.Equal(
            $"place {id} Saved {root}/Virtual Hard Disks/place.img {root}",
            _session.Text("$vm = Import-VM (Exported place); \"$($vm.Name) $($vm.Id) $($vm.State) $($vm.HardDrives[0].Path) $($vm.Path)\""));
        _ = _session.Run("Set-VM place -Notes 'kept'");

        Session.KillService();
        Assert.Equal($"{id} Saved kept", _session.Text("$vm = Get-VM place; \"$($vm.Id) $($vm.State) $($vm.Notes)\""));
        Assert.Equal("Running fake guest: goes on", _session.Text("Start-VM place; \"$((Get-VM place).State) $(Get-VMConsoleLog place -Tail 1)\""));
        _ = _session.Run("Save-VM place; Remove-VM place -Force");

        Assert.Equal(["Virtual Hard Disks/place.img"], Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)));
        Session.KillService();
        Assert.Empty(_session.Run("Get-VM plac*"));
    }

    [Fact]
    public void ImportVM_ConfigurationThatIsGone_LeavesTheOthersAlone()
    {
        Export("lost");
        _ = _session.Run("Remove-VM lost -Force; Import-VM (Exported lost) | Out-Null; New-VM other | Out-Null");
        string moved = Path.Combine(_session.Folder, "moved");
        Directory.Move(Path.Combine(_session.Folder, "exports/lost"), moved);

        Session.KillService();
        Assert.Equal("0 1", _session.Text("\"$(@(Get-VM los*).Count) $(@(Get-VM othe*).Count)\""));

        // The paths in the folder have moved with it.
        Assert.Equal(
            $"{moved}/Virtual Hard Disks/lost.img", _session.Text("$vm = Import-VM (Exported lost moved); $vm.HardDrives[0].Path; Remove-VM lost, other -Force"));
    }

    [Fact]
    public void ImportVM_Copy_HasItsOwnFilesAndGoesOnFromItsState()
    {
        Export("copied", "Start-VM copied");
        string disks = Path.Combine(_session.Folder, "new disks");
        string machines = Path.Combine(_session.Folder, "new machines");

        string[] copy = _session.Text(
            """
            $vm = Import-VM (Exported copied) -Copy -GenerateNewId -VhdDestinationPath "$folder/new disks" -VirtualMachinePath "$folder/new machines" -SnapshotFilePath "$folder/new machines"
            "$($vm.Id)|$($vm.State)|$($vm.HardDrives[0].Path)|$((Get-VMFirmware -VM $vm).KernelPath)|$($vm.Path)"
            """).Split('|');

        Assert.NotEqual(_session.Text("(Get-VM copied | Where-Object State -eq Running).Id"), copy[0]);
        string upper = copy[0].ToUpperInvariant();
        Assert.Equal(
            ["Saved", $"{disks}/copied.img", $"{machines}/Virtual Machines/{upper}/kernel", machines],
            copy[1..]);
        Assert.Equal("content", File.ReadAllText(copy[2])[..7]);
        Assert.True(File.Exists($"{machines}/Virtual Machines/{upper}.vmcx"));
        Assert.Equal(
            "Running fake guest: goes on",
            _session.Text($"$vm = Get-VM -Id {copy[0]}; Start-VM $vm; \"$($vm.State) $(Get-VMConsoleLog -VM $vm -Tail 1)\"; Stop-VM $vm -TurnOff"));

        // The export is as it was, and can be imported again.
        Assert.Equal("Saved", _session.Text("$again = Import-VM (Exported copied) -Copy -GenerateNewId -VhdDestinationPath $folder/again; $again.State; Remove-VM $again -Force"));
        _ = _session.Run($"Remove-VM -VM (Get-VM -Id {copy[0]}) -Force; Get-VM copied | ForEach-Object {{ Stop-VM $_ -TurnOff; Remove-VM $_ -Force }}");
        Assert.Empty(Directory.GetFileSystemEntries(machines));
        Assert.True(File.Exists(copy[2]));
    }

    [Fact]
    public void ImportVM_CopyWithoutFolders_GoesToTheHosts()
    {
        Export("home");
        _ = _session.Run("Remove-VM home -Force");

        string[] places = _session.Text(
            "$vm = Import-VM (Exported home) -Copy; $h = Get-VMHost; \"$($vm.HardDrives[0].Path)|$($h.VirtualHardDiskPath)|$($vm.Path)|$((Get-VMFirmware home).KernelPath)|$($vm.State)\"").Split('|');

        Assert.Equal([$"{places[1]}/home.img", places[1], places[2], $"{places[2]}/boot/kernel", "Off"], places);
        Assert.StartsWith(Path.Combine(_session.Folder, "s/vms"), places[2], StringComparison.Ordinal);
        _ = _session.Run("Remove-VM home -Force");
        Assert.False(Directory.Exists(places[2]));
    }

    [Fact]
    public void ImportVM_FileInTheWay_IsRefusedAndNothingIsDone()
    {
        Export("way");
        string folder = Path.Combine(_session.Folder, "way");
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "way.img"), "mine");

        ErrorRecord error = _session.Fail("Import-VM (Exported way) -Copy -GenerateNewId -VhdDestinationPath $folder/way -VirtualMachinePath $folder/way/machines");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.ImportVM", error.FullyQualifiedErrorId);
        Assert.Contains("way.img' already exists", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["way.img"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(folder, "way.img")));
        Assert.Equal("1", _session.Text("@(Get-VM way).Count; Remove-VM way -Force"));
    }

    [Fact]
    public void ImportVM_VhdSourcePath_IsWhereTheDisksAre()
    {
        Export("source");
        string from = Path.Combine(_session.Folder, "elsewhere");
        Directory.Move(Path.Combine(_session.Folder, "exports/source/Virtual Hard Disks"), from);

        Assert.Contains("does not exist", _session.Fail("Import-VM (Exported source) -Copy -GenerateNewId -VhdDestinationPath $folder/to").Exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            Path.Combine(_session.Folder, "to/source.img"),
            _session.Text("$vm = Import-VM (Exported source) -Copy -GenerateNewId -VhdSourcePath $folder/elsewhere -VhdDestinationPath $folder/to; $vm.HardDrives[0].Path; Remove-VM source -Force"));
    }

    [Theory]
    [InlineData("Import-VM $folder/nowhere.vmcx", "ObjectNotFound", "does not exist")]
    [InlineData("Import-VM $folder/exports", "InvalidParameter", "is not a file")]
    [InlineData("Import-VM $folder/kernel", "InvalidParameter", "ending in .vmcx")]
    [InlineData("Import-VM $folder/binary.vmcx", "InvalidParameter", "Hyper-V's own format")]
    [InlineData("Import-VM $folder/x.vmcx -Copy -SnapshotFilePath $folder/snapshots", "NotSupported", "checkpoints")]
    [InlineData("Import-VM $folder/x.vmcx -Copy -VirtualMachinePath $folder/m -SmartPagingFilePath $folder/paging", "NotSupported", "smart paging")]
    [InlineData("Import-VM $folder/x.vmcx -ComputerName elsewhere", "NotSupported", "elsewhere")]
    public void ImportVM_WrongParameters_AreClearErrors(string script, string id, string named)
    {
        File.WriteAllBytes(Path.Combine(_session.Folder, "binary.vmcx"), [1, 0, 0, 0, 0xFF, 0xFE]);
        _ = Directory.CreateDirectory(Path.Combine(_session.Folder, "exports"));

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{id},Microsoft.HyperV.PowerShell.Commands.ImportVM", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ImportVM_AsJob_WorksInTheBackground()
    {
        Export("job");

        Assert.Equal("Completed job", _session.Text(
            "$job = Exported job | Import-VM -Copy -GenerateNewId -VhdDestinationPath $folder/job -AsJob | Wait-Job -Timeout 60; \"$($job.State) $((Receive-Job $job).Name)\"; Remove-Job $job; Remove-VM job -Force"));
    }

    [Fact]
    public void NewVM_Path_HasAFolderWithTheMachinesName()
    {
        string folder = Path.Combine(_session.Folder, "own/placed");

        Assert.Equal(folder, _session.Text("(New-VM placed -Path $folder/own).Path"));

        string file = Assert.Single(Directory.GetFiles(folder, "*", SearchOption.AllDirectories));
        Assert.Equal($"{folder}/Virtual Machines/{_session.Text("(Get-VM placed).Id").ToUpperInvariant()}.vmcx", file);
        Session.KillService();
        Assert.Equal("64MB", _session.Text("Set-VMMemory placed -StartupBytes 64MB; \"$((Get-VM placed).MemoryStartup / 1MB)MB\""));
        _ = _session.Run("Remove-VM placed -Force");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
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
