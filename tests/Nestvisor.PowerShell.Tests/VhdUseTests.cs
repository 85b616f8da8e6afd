using System.Management.Automation;
using Nestvisor.Storage;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Virtual hard disk files and the machines that have them.</summary>
public sealed class VhdUseTests : IClassFixture<Session>, IDisposable
{
    private readonly Session _session;
    private readonly string _folder;

    public VhdUseTests(Session session)
    {
        _session = session;
        _folder = Directory.CreateTempSubdirectory("nv-vhd-").FullName;
        _ = session.Run($"$global:d = '{_folder}'");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Resize-VHD $d/a.vhdx 16MB", "ResizeVhd")]
    [InlineData("Optimize-VHD $d/a.vhdx", "OptimizeVhd")]
    [InlineData("Set-VHD $d/a.vhdx -ResetDiskIdentifier -Force", "SetVhd")]
    [InlineData("Convert-VHD $d/a.vhdx $d/b.vhd", "ConvertVhd")]
    [InlineData("Test-VHD $d/a.vhdx", "TestVhd")]
    [InlineData("Resize-VHD $d/link.vhdx 16MB", "ResizeVhd")]
    public void Command_OnADiskOfARunningMachine_NamesTheMachine(string script, string command)
    {
        _session.Create("user");
        _ = _session.Run("$null = New-VHD $d/a.vhdx 8MB; Add-VMHardDiskDrive user -Path $d/a.vhdx; Start-VM user");
        _ = File.CreateSymbolicLink(Path.Combine(_folder, "link.vhdx"), Path.Combine(_folder, "a.vhdx"));

        (_, List<ErrorRecord> errors, _) = _session.RunAll(script);

        ErrorRecord error = Assert.Single(errors);
        Assert.Equal($"ObjectInUse,Microsoft.Vhd.PowerShell.Cmdlets.{command}", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
        Assert.Contains("'user'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("True False 8388608", _session.Text(
            "$on = (Get-VHD $d/a.vhdx).Attached; Stop-VM user -TurnOff; $v = Get-VHD $d/a.vhdx; \"$on $($v.Attached) $($v.Size)\"; Remove-VM user -Force"));

        // Nothing else was in the way.
        _ = _session.Run(script);
    }

    [Fact]
    public void Convert_OfADiskThatARunningMachineOnlyReads_Works()
    {
        _session.Create("reader");

        Assert.Equal("VHD", _session.Text(
            "$null = New-VHD $d/a.vhdx 8MB; Add-VMHardDiskDrive reader -Path $d/a.vhdx -ReadOnly; Start-VM reader; (Convert-VHD $d/a.vhdx $d/b.vhd -Passthru).VhdFormat"));
        Assert.Equal("ObjectInUse,Microsoft.Vhd.PowerShell.Cmdlets.ConvertVhd", _session.Fail("Convert-VHD $d/a.vhdx $d/c.vhd -DeleteSource").FullyQualifiedErrorId);
        _ = _session.Run("Stop-VM reader -TurnOff; Remove-VM reader -Force");
    }

    [Fact]
    public void Resize_OfADiskOfASavedMachine_IsRefused()
    {
        _session.Create("sleeper");
        _ = _session.Run("$null = New-VHD $d/a.vhdx 8MB; Add-VMHardDiskDrive sleeper -Path $d/a.vhdx; Start-VM sleeper; Save-VM sleeper");

        ErrorRecord error = _session.Fail("Resize-VHD $d/a.vhdx 16MB");

        Assert.Equal("ObjectInUse,Microsoft.Vhd.PowerShell.Cmdlets.ResizeVhd", error.FullyQualifiedErrorId);
        Assert.Contains("saved", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("16777216", _session.Text("Remove-VMSavedState sleeper; (Resize-VHD $d/a.vhdx 16MB -Passthru).Size; Remove-VM sleeper -Force"));
    }

    [Fact]
    public void Resize_OfADiskThatAnotherProgramHasOpen_IsRefused()
    {
        _ = _session.Run("$null = New-VHD $d/a.vhdx 8MB");
        using IDisk other = VirtualDisk.Open(Path.Combine(_folder, "a.vhdx"), readOnly: false);

        ErrorRecord error = _session.Fail("Resize-VHD $d/a.vhdx 16MB");

        Assert.Equal("ObjectInUse,Microsoft.Vhd.PowerShell.Cmdlets.ResizeVhd", error.FullyQualifiedErrorId);
        Assert.Equal("True", _session.Text("(Get-VHD $d/a.vhdx).Attached"));
    }

    [Theory]
    [InlineData(1, "IDE0:0")]
    [InlineData(2, "SCSI0:0")]
    public void NewVM_WithANewDisk_MakesAndAttachesIt(int generation, string place) => Assert.Equal(
        $"{_folder}/new.vhdx {place} VHDX Dynamic 1073741824",
        _session.Text(
            $$"""
            $null = $ExecutionContext.SessionState.Path.SetLocation($d)
            $vm = New-VM n -Generation {{generation}} -NewVHDPath .\new.vhdx -NewVHDSizeBytes 1GB
            $null = $ExecutionContext.SessionState.Path.SetLocation('/')
            $h = $vm.HardDrives[0]; $v = $h | Get-VHD
            "$($h.Path) $($h.ControllerType)$($h.ControllerNumber):$($h.ControllerLocation) $($v.VhdFormat) $($v.VhdType) $($v.Size)"
            Remove-VM n -Force
            if (-not [IO.File]::Exists($h.Path)) { throw 'the disk is gone' }
            """));

    [Fact]
    public void NewVM_WithABareName_MakesTheDiskInTheHostsFolder() => Assert.Equal(
        $"{_folder}/vhds/bare.vhd",
        _session.Text(
            """
            $old = (Get-VMHost).VirtualHardDiskPath
            Set-VMHost -VirtualHardDiskPath "$d/vhds"
            try { (New-VM b -NewVHDPath bare.vhd -NewVHDSizeBytes 8MB).HardDrives[0].Path } finally { Set-VMHost -VirtualHardDiskPath $old; Remove-VM b -Force }
            """));

    [Theory]
    [InlineData("New-VM f -NewVHDPath $d/there.vhdx -NewVHDSizeBytes 8MB", "OperationFailed", "exists already")]
    [InlineData("New-VM f -NewVHDPath $d/new.vhdx -NewVHDSizeBytes 65TB", "InvalidParameter", "64 TB")]
    [InlineData("New-VM f -NewVHDPath $d/nix/new.vhdx -NewVHDSizeBytes 8MB", "ObjectNotFound", "folder")]
    [InlineData("New-VM f 16MB -NewVHDPath $d/new.vhdx -NewVHDSizeBytes 8MB", "InvalidParameter", "32 MB")]
    [InlineData("New-VM f -Version 5.0 -NewVHDPath $d/new.vhdx -NewVHDSizeBytes 8MB", "InvalidParameter", "5.0")]
    [InlineData("New-VM f -VHDPath $d/nix.vhdx", "ObjectNotFound", "nix.vhdx")]
    [InlineData("New-VM f -VHDPath $d/bad.vhdx", "OperationFailed", "bad.vhdx")]
    public void NewVM_ThatFails_LeavesNeitherMachineNorDisk(string script, string identifier, string named)
    {
        _ = _session.Run("$null = New-VHD $d/there.vhdx 8MB");
        File.WriteAllBytes(Path.Combine(_folder, "bad.vhdx"), new byte[4 << 20]);

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.NewVM", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.Run("Get-VM f*"));
        Assert.Equal(["bad.vhdx", "there.vhdx"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("New-VM w -NewVHDPath $d/w.vhdx -NewVHDSizeBytes 8MB -WhatIf", false)]
    [InlineData("New-VM w -NoVHD", true)]
    public void NewVM_WithoutADisk_HasNone(string script, bool created)
    {
        _ = _session.Run(script);

        Assert.Equal(created ? "0" : "", _session.Text("\"$(Get-VM w* | ForEach-Object { $_.HardDrives.Count })\""));
        Assert.Empty(Directory.EnumerateFiles(_folder));
        _ = _session.Run("Get-VM w* | Remove-VM -Force");
    }

    [Fact]
    public void AddVMHardDiskDrive_OfADamagedDisk_IsRefused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "bad.vhdx"), new byte[4 << 20]);

        ErrorRecord error = _session.Fail("New-VM z | Add-VMHardDiskDrive -Path $d/bad.vhdx");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.AddVMHardDiskDrive", error.FullyQualifiedErrorId);
        Assert.Equal("0", _session.Text("@(Get-VMHardDiskDrive z).Count; Remove-VM z -Force"));
    }
}
