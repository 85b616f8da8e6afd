using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class ConfigurationTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ConfigurationTests(Session session) => _session = session;

    [Fact]
    public void NewVM_NothingGiven_HasHyperVsDefaults() => Assert.Equal(
        "New Virtual Machine|Off|536870912|1|1|12.0|Auto|False|Operating normally|0|00:00:00|False",
        _session.Text(
            """
            $vm = New-VM
            '{0}|{1}|{2}|{3}|{4}|{5}|{6}|{7}|{8}|{9}|{10}|{11}' -f $vm.Name, $vm.State, $vm.MemoryStartup, $vm.ProcessorCount, $vm.Generation, $vm.Version,
                $vm.Engine, $vm.DynamicMemoryEnabled, $vm.Status, $vm.MemoryAssigned, $vm.Uptime, (Get-VMProcessor -VM $vm).ExposeVirtualizationExtensions
            Remove-VM $vm -Force
            """));

    [Fact]
    public void NewVM_Positions_AreNameMemoryGeneration() => Assert.Equal(
        "positional|1073741824|2", _session.Text("$vm = New-VM positional 1GB 2; \"$($vm.VMName)|$($vm.MemoryStartup)|$($vm.Generation)\"; Remove-VM $vm -Force"));

    [Fact]
    public void Names_TwoMachines_MayBeTheSame()
    {
        Assert.Equal("2", _session.Text("New-VM twin | Out-Null; New-VM TWIN | Out-Null; @(Get-VM twin).Count"));
        Assert.Equal("2", _session.Text("Set-VMMemory twin -StartupBytes 64MB; @(Get-VM twin | Where-Object MemoryStartup -eq 64MB).Count"));
        _ = _session.Run("Get-VM twin | Remove-VM -Force");
        Assert.Empty(_session.Run("Get-VM *win"));
    }

    [Fact]
    public void Firmware_FileThatIsNotThere_IsWarnedOf()
    {
        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("New-VM early | Set-VMFirmware -KernelPath /nowhere/k -InitialRamDiskPath \"$folder\"; Remove-VM early -Force");

        Assert.Empty(errors);
        Assert.Equal(["There is no kernel '/nowhere/k' yet. As long as it is missing, Start-VM will fail."], warnings);
    }

    [Theory]
    [InlineData("New-VM –Name “dash” | Out-Null; Get-VM –Name „dash” | Remove-VM –Force")]
    public void Dashes_Typographic_Work(string script) => _session.Run(script);

    [Fact]
    public void GetVM_UnknownName_IsAnInvalidArgument()
    {
        ErrorRecord error = _session.Fail("Get-VM nix");

        Assert.Equal("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.GetVM", error.FullyQualifiedErrorId);
        Assert.Equal("InvalidArgument: (nix:String) [Get-VM], VirtualizationException", error.CategoryInfo.ToString());
        Assert.StartsWith("Hyper-V was unable to find a virtual machine with name \"nix\".", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_WithABracketThatIsNotClosed_IsAName()
    {
        Assert.Equal("open[", _session.Text("New-VM 'open[' | Out-Null; (Get-VM 'open[').Name; Remove-VM 'open[' -Force"));
        Assert.StartsWith("InvalidParameter,", _session.Fail("Get-VM 'open['").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set-VM nix -Notes x", "SetVM")]
    [InlineData("Set-VMProcessor nix -Count 1", "SetVMProcessor")]
    [InlineData("Get-VMProcessor nix", "GetVMProcessor")]
    [InlineData("Set-VMFirmware nix -KernelPath /k", "SetVMFirmware")]
    [InlineData("Start-VM nix", "StartVM")]
    [InlineData("Stop-VM nix", "StopVM")]
    [InlineData("Remove-VM nix -Force", "RemoveVM")]
    [InlineData("Wait-VM nix -For Off", "WaitVM")]
    [InlineData("Get-VM -Id 00000000-0000-0000-0000-000000000001", "GetVM")]
    public void Command_UnknownMachine_IsObjectNotFound(string script, string command)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
    }

    [Theory]
    [InlineData("New-VM bad -MemoryStartupBytes 16MB", "32 MB")]
    [InlineData("New-VM bad -Version 5.0", "12.0")]
    [InlineData("New-VM ('x' * 101)", "100")]
    [InlineData("New-VM \"two`nlines\"", "control")]
    [InlineData("New-VM tmp | Set-VMProcessor -Count 17", "1 to 16")]
    [InlineData("New-VM tmp | Set-VMProcessor -Count 0", "1 to 16")]
    [InlineData("New-VM tmp | Set-VMMemory -StartupBytes 31MB", "32 MB")]
    public void Value_ThatCannotBe_IsAnInvalidArgument(string script, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.StartsWith("InvalidParameter,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_session.Run("Get-VM bad*"));
        _ = _session.Run("Get-VM tmp* | Remove-VM -Force");
    }

    [Fact]
    public void SetVMProcessor_OldVersionOnAmdProcessor_RefusesExtensions()
    {
        ErrorRecord error = _session.Fail("New-VM old -Version 9.0 -Engine Software | Set-VMProcessor -ExposeVirtualizationExtensions $true");

        Assert.StartsWith("NotSupported,Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("10.0", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("False", _session.Text("(Get-VMProcessor old).ExposeVirtualizationExtensions; Remove-VM old -Force"));
    }

    [Fact]
    public void Settings_Changed_AreKept() => Assert.Equal(
        "16|True|avx2 x2apic|268435456|/k|/i|console=ttyS0|Kvm|my notes|renamed",
        _session.Text(
            """
            $vm = New-VM keep
            Set-VMProcessor keep -Count 16 -ExposeVirtualizationExtensions $true -MaskedFeature avx2, x2apic
            Set-VMMemory -VM $vm -StartupBytes 256MB
            $vm | Set-VMFirmware -KernelPath /k -InitialRamDiskPath /i -KernelCommandLine 'console=ttyS0'
            Set-VM keep -Engine Kvm -Notes 'my notes' -NewVMName renamed
            $p = Get-VMProcessor renamed; $f = Get-VMFirmware renamed
            '{0}|{1}|{2}|{3}|{4}|{5}|{6}|{7}|{8}|{9}' -f $p.Count, $p.ExposeVirtualizationExtensions, ($p.MaskedFeatures -join ' '), $vm.MemoryStartup,
                $f.KernelPath, $f.InitialRamDiskPath, $f.KernelCommandLine, $vm.Engine, $vm.Notes, $vm.Name
            Remove-VM renamed -Force
            """));

    [Fact]
    public void Parts_PipedToSet_ChangeTheirMachine() => Assert.Equal(
        "2|134217728", _session.Text(
            """
            $vm = New-VM parts
            Get-VMProcessor parts | Set-VMProcessor -Count 2
            Get-VMMemory parts | Set-VMMemory -StartupBytes 128MB
            Get-VMFirmware parts | Set-VMFirmware -KernelCommandLine x
            "$($vm.ProcessorCount)|$($vm.MemoryStartup)"; Remove-VM $vm -Force
            """));

    [Fact]
    public void RemoveVM_WithoutForce_AsksAndDoesNotTakeSilenceForYes()
    {
        _ = _session.Run("New-VM asked | Out-Null");

        // This engine's host cannot ask anybody.
        _ = _session.Fail("Remove-VM asked");

        Assert.Equal("asked", _session.Text("(Get-VM asked).Name; Remove-VM asked -Force"));
    }

    [Fact]
    public void WhatIf_OnEveryChange_ChangesNothing()
    {
        _ = _session.Run("New-VM ghost -WhatIf; New-VM whatif | Out-Null; Set-VMProcessor whatif -Count 2 -WhatIf; Remove-VM whatif -WhatIf; Start-VM whatif -WhatIf");

        Assert.Equal("1", _session.Text("(Get-VMProcessor whatif).Count; Remove-VM whatif -Force"));
        Assert.Empty(_session.Run("Get-VM ghost*"));
    }

    [Fact]
    public void RemovedMachine_ItsObject_KnowsAndKeepsItsName() =>
        Assert.Equal("True gone", _session.Text("$vm = New-VM gone; Remove-VM gone -Force; \"$($vm.IsDeleted) $($vm.Name)\""));

    [Fact]
    public void HardDisks_RawFiles_AreAttachedAndDetached()
    {
        _ = _session.Run("[IO.File]::WriteAllBytes(\"$folder/disk.img\", [byte[]]::new(1MB)); New-VM disks -VHDPath \"$folder/disk.img\" | Out-Null");
        Assert.Equal("SCSI 0 5 True", _session.Text(
            """
            $d = Add-VMHardDiskDrive disks SCSI 0 5 "$folder/disk.img" -ReadOnly -Passthru
            '{0} {1} {2} {3}' -f $d.ControllerType, $d.ControllerNumber, $d.ControllerLocation, $d.ReadOnly
            """));
        Assert.Equal("0 5", _session.Text("(Get-VMHardDiskDrive disks).ControllerLocation -join ' '"));
        Assert.Equal("ObjectNotFound,Microsoft.HyperV.PowerShell.Commands.AddVMHardDiskDrive", _session.Fail("Add-VMHardDiskDrive disks -Path \"$folder/nix.img\"").FullyQualifiedErrorId);
        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.AddVMHardDiskDrive", _session.Fail("Add-VMHardDiskDrive disks -Path \"$folder/x.avhdx\"").FullyQualifiedErrorId);
        _ = _session.Run("[IO.File]::Copy(\"$folder/disk.img\", \"$folder/no.vhdx\")");
        Assert.Contains("does not begin as a VHDX file does", _session.Fail("Add-VMHardDiskDrive disks -Path \"$folder/no.vhdx\"").Exception.Message, StringComparison.Ordinal);
        _ = _session.Run("Get-VMHardDiskDrive disks | Remove-VMHardDiskDrive");
        Assert.Empty(_session.Run("Get-VMHardDiskDrive disks"));
        Assert.True(File.Exists(Path.Combine(_session.Folder, "disk.img")));
        _ = _session.Run("Remove-VM disks -Force");
    }

    [Fact]
    public void GetVMHostSupportedVersion_Default_IsTheNewest() =>
        Assert.Equal("12.0 11", _session.Text("\"$((Get-VMHostSupportedVersion -Default).Version) $(@(Get-VMHostSupportedVersion).Count)\""));
}
