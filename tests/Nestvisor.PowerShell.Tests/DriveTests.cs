using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Drives and disk controllers.</summary>
public sealed class DriveTests : IClassFixture<Session>
{
    private const string Place = "ForEach-Object { '{0}{1}:{2}' -f $_.ControllerType, $_.ControllerNumber, $_.ControllerLocation }";

    private readonly Session _session;

    public DriveTests(Session session)
    {
        _session = session;
        File.WriteAllBytes(Path.Combine(session.Folder, "a.img"), new byte[1 << 20]);
        File.WriteAllBytes(Path.Combine(session.Folder, "b.img"), new byte[1 << 20]);
    }

    [Fact]
    public void AddVMHardDiskDrive_Generation1_TriesIdeThenScsi() => Assert.Equal(
        "IDE0:0 IDE0:1 IDE1:0 IDE1:1 SCSI0:0",
        _session.Text($"New-VM d1 | Out-Null; 1..5 | ForEach-Object {{ Add-VMHardDiskDrive d1 -Path \"$folder/a.img\" }}; (Get-VMHardDiskDrive d1 | {Place}) -join ' '; Remove-VM d1 -Force"));

    [Theory]
    [InlineData(1, "IDE0:0")]
    [InlineData(2, "SCSI0:0")]
    public void NewVM_WithADisk_HasItAtTheFirstPlace(int generation, string place) => Assert.Equal(
        place,
        _session.Text($"New-VM d2 -Generation {generation} -VHDPath \"$folder/a.img\" | Out-Null; Get-VMHardDiskDrive d2 | {Place}; Remove-VM d2 -Force"));

    [Fact]
    public void Controllers_Generation1_AreTwoIdeAndOneScsi() => Assert.Equal(
        "IDE Controller 0:0|IDE Controller 1:1|SCSI Controller:0:False",
        _session.Text(
            """
            New-VM c1 | Out-Null
            @(Get-VMIdeController c1 | ForEach-Object { "$($_.Name):$($_.ControllerNumber)" }; Get-VMScsiController c1 | ForEach-Object { "$($_.Name):$($_.ControllerNumber):$($_.IsTemplate)" }) -join '|'
            Remove-VM c1 -Force
            """));

    [Fact]
    public void GetVMIdeController_Generation2_WritesNothing() => Assert.Equal(
        "0 1", _session.Text("New-VM c2 -Generation 2 | Out-Null; \"$(@(Get-VMIdeController c2).Count) $(@(Get-VM c2 | Get-VMScsiController).Count)\"; Remove-VM c2 -Force"));

    [Fact]
    public void ScsiControllers_AddedFilledAndRemoved_AreAsInHyperV() => Assert.Equal(
        "1|SCSI1:0 SCSI1:4|2|Hard Drive on SCSI controller number 1 at location 0,Hard Drive on SCSI controller number 1 at location 4|SCSI0:0 SCSI0:4|1",
        _session.Text(
            $$"""
            New-VM c3 -Generation 2 | Out-Null
            $c = Add-VMScsiController c3 -Passthru
            $c | Add-VMHardDiskDrive -Path "$folder/a.img"
            $null = Add-VMHardDiskDrive -VMDriveController $c -ControllerLocation 4 -Path "$folder/b.img" -Passthru
            $s = @($c.ControllerNumber; ($c | Get-VMHardDiskDrive | {{Place}}) -join ' '; @(Get-VMScsiController c3).Count; $c.Drives.Name -join ',')
            Remove-VMScsiController c3 0
            $s += (Get-VMHardDiskDrive c3 | {{Place}}) -join ' '; $s += @(Get-VMScsiController c3).Count
            $s -join '|'
            Remove-VM c3 -Force
            """));

    [Fact]
    public void RemoveVMScsiController_AllPiped_RemovesEach()
    {
        _ = _session.Run("New-VM c4 -Generation 2 | Add-VMScsiController -Passthru | Out-Null; Add-VMScsiController c4; Add-VMHardDiskDrive c4 SCSI 2 -Path \"$folder/a.img\"");

        Assert.Equal("3 0 0", _session.Text("$r = Get-VMScsiController c4 | Remove-VMScsiController -Passthru; \"$($r.Count) $(@(Get-VMScsiController c4).Count) $(@(Get-VMHardDiskDrive c4).Count)\""));
        ErrorRecord error = _session.Fail("Add-VMHardDiskDrive c4 -Path \"$folder/a.img\"");
        Assert.Equal("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.AddVMHardDiskDrive", error.FullyQualifiedErrorId);
        Assert.Contains("Add-VMScsiController", error.Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM c4 -Force");
    }

    [Fact]
    public void RemoveVMScsiController_WithAnObjectThatIsOutOfDate_IsRefused()
    {
        _ = _session.Run("New-VM c5 -Generation 2 | Out-Null; Add-VMScsiController c5; $global:old = Get-VMScsiController c5; Remove-VMScsiController c5 0");

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.RemoveVMScsiController", _session.Fail("$old[1] | Remove-VMScsiController").FullyQualifiedErrorId);
        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.AddVMHardDiskDrive", _session.Fail("$old[1] | Add-VMHardDiskDrive -Path \"$folder/a.img\"").FullyQualifiedErrorId);
        Assert.Equal("ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.RemoveVMScsiController", _session.Fail("Remove-VMScsiController c5 3").FullyQualifiedErrorId);
        Assert.Equal("1", _session.Text("@(Get-VMScsiController c5).Count; Remove-VM c5 -Force"));
    }

    [Fact]
    public void AddVMScsiController_AFifthOne_IsRefused()
    {
        _ = _session.Run("New-VM c6 | Out-Null; 1..3 | ForEach-Object { Add-VMScsiController c6 }");

        Assert.Equal("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.AddVMScsiController", _session.Fail("Add-VMScsiController c6").FullyQualifiedErrorId);
        Assert.Equal("0 1 2 3", _session.Text("(Get-VMScsiController c6).ControllerNumber -join ' '; Remove-VM c6 -Force"));
    }

    [Fact]
    public void SetVMHardDiskDrive_ByPlaceAndPiped_MovesAndReplaces() => Assert.Equal(
        "SCSI0:9|SCSI0:3 b.img True|IDE1:0 b.img True",
        _session.Text(
            $$"""
            New-VM s1 | Out-Null; Add-VMHardDiskDrive s1 -Path "$folder/a.img" -ReadOnly
            $s = @(Set-VMHardDiskDrive s1 IDE 0 0 -ToControllerType SCSI -ToControllerNumber 0 -ToControllerLocation 9 -Passthru | {{Place}})
            Get-VMHardDiskDrive s1 | Set-VMHardDiskDrive -Path "$folder/b.img" -ToControllerLocation 3
            $s += Get-VMHardDiskDrive s1 | ForEach-Object { "$($_ | {{Place}}) $([IO.Path]::GetFileName($_.Path)) $($_.ReadOnly)" }
            Set-VMHardDiskDrive s1 -ToControllerType IDE -ToControllerNumber 1
            $s += Get-VMHardDiskDrive s1 | ForEach-Object { "$($_ | {{Place}}) $([IO.Path]::GetFileName($_.Path)) $($_.ReadOnly)" }
            $s -join '|'; Remove-VM s1 -Force
            """));

    [Theory]
    [InlineData("Set-VMHardDiskDrive s2 -ToControllerLocation 1", "InvalidParameter", "2 hard disk drives")]
    [InlineData("Set-VMHardDiskDrive s2 SCSI 0 0 -Path \"$folder/b.img\"", "ObjectNotFound", "SCSI controller 0, location 0")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -ToControllerLocation 1", "InvalidParameter", "taken")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -ToControllerType SCSI -ToControllerNumber 3", "InvalidParameter", "SCSI controller 3")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -ToControllerType PMEM", "NotSupported", "persistent memory")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -Path \"$folder/nix.img\"", "ObjectNotFound", "nix.img")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -DiskNumber 1", "NotSupported", "-DiskNumber")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -MaximumIOPS 10", "NotSupported", "-MaximumIOPS")]
    [InlineData("Set-VMHardDiskDrive s2 IDE 0 0 -SupportPersistentReservations $true", "NotSupported", "-SupportPersistentReservations")]
    [InlineData("Set-VMHardDiskDrive nix IDE 0 0 -Path \"$folder/b.img\"", "ObjectNotFound", "nix")]
    public void SetVMHardDiskDrive_ThatCannotBe_SaysWhyAndChangesNothing(string script, string identifier, string named)
    {
        _ = _session.Run("New-VM s2 | Out-Null; 1..2 | ForEach-Object { Add-VMHardDiskDrive s2 -Path \"$folder/a.img\" }");

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.SetVMHardDiskDrive", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("IDE0:0 a.img IDE0:1 a.img", _session.Text(
            $"(Get-VMHardDiskDrive s2 | ForEach-Object {{ \"$($_ | {Place}) $([IO.Path]::GetFileName($_.Path))\" }}) -join ' '; Remove-VM s2 -Force"));
    }

    [Fact]
    public void SetVMHardDiskDrive_WithAPipedPhysicalDisk_IsRefused()
    {
        _ = _session.Run("New-VM s3 -VHDPath \"$folder/a.img\" | Out-Null");

        ErrorRecord error = _session.Fail("[pscustomobject]@{ Number = 7 } | Set-VMHardDiskDrive s3 IDE 0 0");

        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.SetVMHardDiskDrive", error.FullyQualifiedErrorId);
        Assert.Contains("-DiskNumber", error.Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Remove-VM s3 -Force");
    }

    [Fact]
    public void Drives_OfARunningMachine_StayAsTheyAre()
    {
        _session.Create("run");
        _ = _session.Run("Add-VMHardDiskDrive run -Path \"$folder/a.img\"; Start-VM run");

        Assert.All(
            [
                "Set-VMHardDiskDrive run IDE 0 0 -ToControllerLocation 1", "Get-VMHardDiskDrive run | Set-VMHardDiskDrive -Path \"$folder/b.img\"",
                "Get-VMHardDiskDrive run | Remove-VMHardDiskDrive", "Add-VMScsiController run", "Get-VMScsiController run | Remove-VMScsiController",
            ],
            script =>
            {
                ErrorRecord error = _session.Fail(script);
                Assert.StartsWith("InvalidState,Microsoft.HyperV.PowerShell.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
                Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
            });
        _ = _session.Run("Stop-VM run -TurnOff; Remove-VM run -Force");
    }

    [Fact]
    public void WhatIf_OnDrivesAndControllers_ChangesNothing() => Assert.Equal(
        "IDE0:0 1",
        _session.Text(
            $$"""
            New-VM w -VHDPath "$folder/a.img" | Out-Null
            Set-VMHardDiskDrive w IDE 0 0 -ToControllerLocation 1 -WhatIf; Add-VMScsiController w -WhatIf; Get-VMScsiController w | Remove-VMScsiController -WhatIf
            "$(Get-VMHardDiskDrive w | {{Place}}) $(@(Get-VMScsiController w).Count)"; Remove-VM w -Force
            """));

    [Fact]
    public void IntegrationServices_AreListedAndCannotBeEnabled()
    {
        _ = _session.Run("New-VM i | Out-Null");

        Assert.Equal(
            "Guest Service Interface,Heartbeat,Key-Value Pair Exchange,Shutdown,Time Synchronization,VSS|False|Not supported|2",
            _session.Text("$i = Get-VMIntegrationService i; \"$($i.Name -join ',')|$($true -in $i.Enabled)|$($i[0].PrimaryStatusDescription)|$(@(Get-VM i | Get-VMIntegrationService -Name *s*y*, VSS, vss).Count)\""));
        Assert.Equal("Shutdown", _session.Text("(Disable-VMIntegrationService Shutdown i -Passthru).Name; Get-VMIntegrationService i vss | Disable-VMIntegrationService"));
        ErrorRecord error = _session.Fail("Enable-VMIntegrationService 'Heartbeat' i");
        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.EnableVMIntegrationService", error.FullyQualifiedErrorId);
        Assert.Contains("Heartbeat", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.GetVMIntegrationService", _session.Fail("Get-VMIntegrationService i nix").FullyQualifiedErrorId);
        _ = _session.Run("Remove-VM i -Force");
    }

    [Fact]
    public void ConsoleSupport_IsOffAndStaysSo()
    {
        _ = _session.Run("New-VM k -Generation 2 | Out-Null");

        Assert.Equal("k", _session.Text("(Disable-VMConsoleSupport k -Passthru).Name"));
        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.EnableVMConsoleSupport", _session.Fail("Get-VM k | Enable-VMConsoleSupport").FullyQualifiedErrorId);
        _ = _session.Run("Remove-VM k -Force");
    }
}
