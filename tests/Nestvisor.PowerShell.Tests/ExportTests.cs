using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class ExportTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ExportTests(Session session) => _session = session;

    [Fact]
    public void ExportVM_MachineThatIsOff_HasHyperVsLayout()
    {
        _session.Create("laid", "console=ttyS0");
        string disk = _session.WriteDisk("laid.img", "content");
        Directory.CreateDirectory(Path.Combine(_session.Folder, "other"));
        _ = _session.WriteDisk("other/laid.img", "other content");
        _ = _session.Run("Add-VMHardDiskDrive laid -Path $folder/laid.img; Add-VMHardDiskDrive laid -Path $folder/other/laid.img -ReadOnly; Add-VMHardDiskDrive laid -Path $folder/other/laid.img -ReadOnly");
        string id = _session.Text("(Get-VM laid).Id").ToUpperInvariant();

        Assert.Equal("laid Off", _session.Text("$vm = Export-VM laid \"$folder/exports/deep\" -Passthru; \"$($vm.Name) $($vm.State)\""));

        string root = Path.Combine(_session.Folder, "exports/deep/laid");
        Assert.Equal(
            [
                "Virtual Hard Disks/laid-1.img",
                "Virtual Hard Disks/laid.img",
                $"Virtual Machines/{id}.vmcx",
                $"Virtual Machines/{id}/kernel",
            ],
            Files(root));
        Assert.Equal(["laid"], Directory.GetFileSystemEntries(Path.Combine(_session.Folder, "exports/deep")).Select(Path.GetFileName));
        Assert.Equal(File.ReadAllBytes(disk), File.ReadAllBytes(Path.Combine(root, "Virtual Hard Disks/laid.img")));
        string configuration = File.ReadAllText(Path.Combine(root, $"Virtual Machines/{id}.vmcx"));
        Assert.DoesNotContain(_session.Folder, configuration, StringComparison.Ordinal);
        Assert.Equal(disk, _session.Text("(Get-VM laid).HardDrives[0].Path"));
        _ = _session.Run("Remove-VM laid -Force");
    }

    [Fact]
    public void ExportVM_LargeEmptyDisk_StaysSparse()
    {
        string disk = Path.Combine(_session.Folder, "sparse.img");
        using (FileStream file = File.Create(disk))
        {
            file.SetLength(64L << 30);
            file.Position = 40L << 30;
            file.Write("far away"u8);
        }

        _ = _session.Run("New-VM sparse -VHDPath $folder/sparse.img | Out-Null; Export-VM sparse $folder/exports; Remove-VM sparse -Force");

        using FileStream copy = File.OpenRead(Path.Combine(_session.Folder, "exports/sparse/Virtual Hard Disks/sparse.img"));
        Assert.Equal(64L << 30, copy.Length);
        copy.Position = 40L << 30;
        byte[] text = new byte[8];
        copy.ReadExactly(text);
        Assert.Equal("far away"u8, text);
        Assert.InRange(Blocks(copy.Name), 1, 4096);
    }

    [Fact]
    public void ExportVM_FolderThatExists_IsRefusedAndLeftAlone()
    {
        _session.Create("twice");
        _ = _session.Run("Export-VM twice $folder/exports");
        string[] before = Files(Path.Combine(_session.Folder, "exports/twice"));

        ErrorRecord error = _session.Fail("Export-VM twice $folder/exports");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.ExportVM", error.FullyQualifiedErrorId);
        Assert.Equal(before, Files(Path.Combine(_session.Folder, "exports/twice")));
        _ = _session.Run("Remove-VM twice -Force");
    }

    [Theory]
    [InlineData("../../escape", ".._.._escape")]
    [InlineData("..", "_..")]
    public void ExportVM_NameThatIsAPath_StaysInTheFolder(string name, string folder)
    {
        _ = _session.Run($"New-VM '{name}' | Out-Null; Export-VM '{name}' $folder/named; Remove-VM '{name}' -Force");

        Assert.Equal([folder], Directory.GetFileSystemEntries(Path.Combine(_session.Folder, "named")).Select(Path.GetFileName));
        Directory.Delete(Path.Combine(_session.Folder, "named"), recursive: true);
    }

    [Fact]
    public void ExportVM_DiskThatIsGone_LeavesNothingBehind()
    {
        _ = _session.WriteDisk("gone.img", "x");
        _ = _session.Run("New-VM gone -VHDPath $folder/gone.img | Out-Null");
        File.Delete(Path.Combine(_session.Folder, "gone.img"));

        ErrorRecord error = _session.Fail("Export-VM gone $folder/nothing/here");

        Assert.Equal("ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.ExportVM", error.FullyQualifiedErrorId);
        Assert.Contains("gone.img", error.Exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_session.Folder, "nothing")));
        _ = _session.Run("Remove-VM gone -Force");
    }

    [Theory]
    [InlineData("Start-VM live", "", "Running", true)]
    [InlineData("Start-VM live", "-CaptureLiveState CaptureSavedState", "Running", true)]
    [InlineData("Start-VM live", "-CaptureLiveState CaptureCrashConsistentState", "Running", false)]
    [InlineData("Start-VM live; Suspend-VM live", "", "Paused", true)]
    [InlineData("Start-VM live; Save-VM live", "", "Saved", true)]
    [InlineData("Get-VM live", "-CaptureLiveState CaptureSavedState", "Off", false)]
    public void ExportVM_InEachState_LeavesTheMachineInIt(string prepare, string options, string state, bool hasState)
    {
        _session.Create("live");
        _ = _session.Run(prepare);
        int process = _session.Run("(Get-VM live).ProcessId")[0] is { } id ? (int)id.BaseObject : 0;

        _ = _session.Run($"Export-VM live $folder/live {options}");

        Assert.Equal($"{state} {(process == 0 ? "" : process)}", _session.Text("\"$((Get-VM live).State) $((Get-VM live).ProcessId)\""));
        Assert.Equal(hasState, Files(Path.Combine(_session.Folder, "live/live")).Any(file => file.EndsWith(".vmrs", StringComparison.Ordinal)));
        Directory.Delete(Path.Combine(_session.Folder, "live"), recursive: true);
        _ = _session.Run("if ((Get-VM live).State -notin 'Off', 'Saved') { Stop-VM live -TurnOff }; Remove-VM live -Force");
    }

    [Fact]
    public void ExportVM_DataConsistentState_IsNotSupported()
    {
        _session.Create("data");

        ErrorRecord error = _session.Fail("Export-VM data $folder/data -CaptureLiveState CaptureDataConsistentState");

        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.ExportVM", error.FullyQualifiedErrorId);
        Assert.Contains("integration services", error.Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM data -Force");
    }

    [Fact]
    public void ExportVM_StateThatCannotBeWritten_FailsAndTheMachineGoesOn()
    {
        _session.Create("full", "fake.uncapturable");

        ErrorRecord error = _session.Fail("Start-VM full; Export-VM full $folder/full");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.ExportVM", error.FullyQualifiedErrorId);
        Assert.Contains("The disk is full.", error.Exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_session.Folder, "full")));
        Assert.Equal("Running", _session.Text("(Get-VM full).State; Stop-VM full -TurnOff; Remove-VM full -Force"));
    }

    [Fact]
    public void ExportVM_WhileItWorks_ShowsItAndOtherOperationsAreRefused()
    {
        using Hold hold = new(_session, "capture");
        _session.Create("busy", hold.Words);
        _ = _session.Run("Start-VM busy; $global:job = Export-VM busy $folder/busy -AsJob -Passthru");
        hold.Wait();

        Assert.Equal("Paused Exporting (0%) ExportingVirtualMachine", _session.Text("$vm = Get-VM busy; \"$($vm.State) $($vm.Status) $($vm.OperationalStatus[0])\""));
        foreach ((string script, string command) in new[]
            {
                ("Resume-VM busy", "ResumeVM"), ("Stop-VM busy -TurnOff", "StopVM"), ("Save-VM busy", "SaveVM"), ("Rename-VM busy other", "RenameVM"),
                ("Export-VM busy $folder/other", "ExportVM"), ("Remove-VM busy -Force", "RemoveVM"),
            })
        {
            ErrorRecord error = _session.Fail(script);
            Assert.Equal($"InvalidState,Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
            Assert.Contains("exported", error.Exception.Message, StringComparison.Ordinal);
        }

        hold.Release();
        Assert.Equal("Completed busy Running", _session.Text("$null = Wait-Job $job -Timeout 60; \"$($job.State) $((Receive-Job $job).Name) $((Get-VM busy).State)\"; Remove-Job $job"));
        _ = _session.Run("Stop-VM busy -TurnOff; Remove-VM busy -Force");
    }

    [Fact]
    public void StopJob_OfAnExport_LeavesNothingAndTheMachineGoesOn()
    {
        using Hold hold = new(_session, "capture");
        _session.Create("stopped", hold.Words);
        _ = _session.WriteDisk("stopped.img", "x");
        _ = _session.Run("Add-VMHardDiskDrive stopped -Path $folder/stopped.img; Start-VM stopped; $global:job = Export-VM stopped $folder/stopped/deep -AsJob");
        hold.Wait();

        _ = _session.Run("Stop-Job $job; $null = Wait-Job $job -Timeout 60; Remove-Job $job");
        AwaitStatus("The export is being stopped");
        hold.Release();

        AwaitStatus("Operating normally");
        Assert.Equal("Running", _session.Text("(Get-VM stopped).State"));
        Assert.False(Path.Exists(Path.Combine(_session.Folder, "stopped/deep/stopped")));
        _ = _session.Run("Stop-VM stopped -TurnOff; Remove-VM stopped -Force");
    }

    [Fact]
    public void ExportVM_SeveralByPipeline_AreAllThere()
    {
        _ = _session.Run("New-VM many1 | Out-Null; New-VM many2 | Out-Null; Get-VM many* | Export-VM -Path $folder/many; Remove-VM many* -Force");

        Assert.Equal(["many1", "many2"], Directory.GetFileSystemEntries(Path.Combine(_session.Folder, "many")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void ExportVM_WhatIf_DoesNothing()
    {
        _ = _session.Run("New-VM ghost | Out-Null; Export-VM ghost $folder/ghost -WhatIf; Remove-VM ghost -Force");

        Assert.False(Directory.Exists(Path.Combine(_session.Folder, "ghost")));
    }

    private void AwaitStatus(string status) => Assert.True(
        SpinWait.SpinUntil(() => _session.Text("(Get-VM stopped).Status") == status, TimeSpan.FromSeconds(60)), $"The status did not become '{status}'.");

    private static string[] Files(string root) =>
        [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal)];

    private static int Blocks(string path)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        return int.Parse(process.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
