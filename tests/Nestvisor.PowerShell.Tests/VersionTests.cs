using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Configuration versions and virtualization extensions, at the commands.</summary>
public sealed class VersionTests : IClassFixture<Session>
{
    private readonly Session _session;

    public VersionTests(Session session) => _session = session;

    [Theory]
    [InlineData("8.0")]
    [InlineData("9.3")]
    [InlineData("10.0")]
    [InlineData("12.0")]
    public void NewVM_Version_IsWhatWasAskedFor(string version) =>
        Assert.Equal(version, _session.Text($"(New-VM versioned -Version {version}).Version; Remove-VM versioned -Force"));

    [Fact]
    public void GetVMHostSupportedVersion_List_IsThatOfWindowsServer2025() => Assert.Equal(
        "8.0 8.1 8.2 8.3 9.0 9.1 9.2 9.3 10.0 11.0 12.0 | 12.0",
        _session.Text("\"$((Get-VMHostSupportedVersion).Version) | $((Get-VMHostSupportedVersion | Where-Object IsDefault).Version)\""));

    [Theory]
    [InlineData("Update-VMVersion old -Force")]
    [InlineData("Update-VMVersion old -Confirm:$false")]
    [InlineData("'old' | Update-VMVersion -Force")]
    [InlineData("Get-VM old | Update-VMVersion -Force")]
    [InlineData("Update-VMVersion -VMName old -Force -Passthru | Out-Null")]
    [InlineData("$null = Update-VMVersion old -Force -AsJob | Wait-Job -Timeout 60")]
    public void UpdateVMVersion_MachineThatIsOff_HasTheNewest(string script) =>
        Assert.Equal("12.0", _session.Text($"New-VM old -Version 8.0 | Out-Null; {script}; (Get-VM old).Version; Remove-VM old -Force"));

    [Fact]
    public void UpdateVMVersion_WithoutForce_AsksAndDoesNotTakeSilenceForYes()
    {
        _ = _session.Run("New-VM asked -Version 8.0 | Out-Null");

        // This engine's host cannot ask anybody.
        _ = _session.Fail("Update-VMVersion asked");
        _ = _session.Fail("Update-VMVersion asked -Force -Confirm");
        _ = _session.Run("Update-VMVersion asked -WhatIf; Update-VMVersion asked -Force -WhatIf");

        Assert.Equal("8.0", _session.Text("(Get-VM asked).Version; Remove-VM asked -Force"));
    }

    [Theory]
    [InlineData("Start-VM busy")]
    [InlineData("Start-VM busy; Suspend-VM busy")]
    [InlineData("Start-VM busy; Save-VM busy")]
    public void UpdateVMVersion_MachineThatIsNotOff_IsRefused(string prepare)
    {
        _session.Create("busy");
        _ = _session.Run($"New-VM busy2 -Version 8.0 | Set-VMFirmware -KernelPath $folder/kernel; {prepare.Replace("busy", "busy2", StringComparison.Ordinal)}");

        ErrorRecord error = _session.Fail("Update-VMVersion busy2 -Force");

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.UpdateVMVersion", error.FullyQualifiedErrorId);
        Assert.Equal("8.0", _session.Text("(Get-VM busy2).Version"));
        _ = _session.Run("if ((Get-VM busy2).State -ne 'Saved') { Stop-VM busy2 -TurnOff }; Remove-VM busy, busy2 -Force");
    }

    [Fact]
    public void UpdateVMVersion_NewestAlready_Warns()
    {
        _ = _session.Run("New-VM newest | Out-Null");

        (_, List<ErrorRecord> errors, List<string> warnings) = _session.RunAll("Update-VMVersion newest -Force");

        Assert.Empty(errors);
        Assert.Contains("12.0 already", Assert.Single(warnings), StringComparison.Ordinal);
        _ = _session.Run("Remove-VM newest -Force");
    }

    [Fact]
    public void SetVMProcessor_ExtensionsOfAnOldMachine_AreRefusedUntilItIsUpdated()
    {
        ErrorRecord error = _session.Fail("New-VM old -Version 9.3 -Engine Software | Set-VMProcessor -ExposeVirtualizationExtensions $true");

        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", error.FullyQualifiedErrorId);
        Assert.Contains("Update-VMVersion 'old'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            "True", _session.Text("Update-VMVersion old -Force; Set-VMProcessor old -ExposeVirtualizationExtensions $true; (Get-VMProcessor old).ExposeVirtualizationExtensions; Remove-VM old -Force"));
    }

    // How such a machine comes to be: it was made where the guest's processor is Intel's, and is brought here.
    [Theory]
    [InlineData("Update-VMVersion brought -Force", "12.0 True")]
    [InlineData("Set-VMProcessor brought -ExposeVirtualizationExtensions $false", "9.3 False")]
    public void StartVM_OldMachineWithExtensions_NamesBothRemediesAndEachHelps(string remedy, string after)
    {
        _session.Create("brought");
        _ = _session.Run("Set-VM brought -Engine Software; Set-VMProcessor brought -ExposeVirtualizationExtensions $true; Export-VM brought $folder/brought; Remove-VM brought -Force");
        string file = Directory.GetFiles(Path.Combine(_session.Folder, "brought"), "*.vmcx", SearchOption.AllDirectories)[0];
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"12.0\"", "\"9.3\"", StringComparison.Ordinal));

        ErrorRecord error = _session.Fail($"Import-VM '{file}' | Start-VM");

        Assert.Equal("NotSupported,Microsoft.HyperV.PowerShell.Commands.StartVM", error.FullyQualifiedErrorId);
        Assert.Contains("AMD processor", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("Update-VMVersion 'brought'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("Set-VMProcessor 'brought' -ExposeVirtualizationExtensions $false", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            $"Off {after} Running",
            _session.Text($"$vm = Get-VM brought; $s = $vm.State; {remedy}; Start-VM brought; \"$s $($vm.Version) $((Get-VMProcessor brought).ExposeVirtualizationExtensions) $($vm.State)\""));
        _ = _session.Run("Stop-VM brought -TurnOff; Remove-VM brought -Force");
        Directory.Delete(Path.Combine(_session.Folder, "brought"), recursive: true);
    }

    [Theory]
    [InlineData("", true, "")]
    [InlineData("", false, "")]
    [InlineData("Start-VM ext", true, "InvalidState")]
    [InlineData("Start-VM ext", false, "InvalidState")]
    [InlineData("Start-VM ext; Suspend-VM ext", true, "InvalidState")]
    [InlineData("Start-VM ext; Suspend-VM ext", false, "InvalidState")]
    [InlineData("Start-VM ext; Save-VM ext", true, "InvalidState")]
    [InlineData("Start-VM ext; Save-VM ext", false, "InvalidState")]
    public void SetVMProcessor_ExtensionsOnOrOff_OnlyWhileTheMachineIsOff(string prepare, bool on, string id)
    {
        _session.Create("ext");
        _ = _session.Run($"Set-VMProcessor ext -ExposeVirtualizationExtensions ${!on}; {prepare}");

        (_, List<ErrorRecord> errors, _) = _session.RunAll($"Set-VMProcessor ext -ExposeVirtualizationExtensions ${on}");

        Assert.Equal(id.Length == 0 ? "" : $"{id},Microsoft.HyperV.PowerShell.Commands.SetVMProcessor", errors.Count == 0 ? "" : errors[0].FullyQualifiedErrorId);
        Assert.Equal($"{(id.Length == 0 ? on : !on)}", _session.Text("(Get-VMProcessor ext).ExposeVirtualizationExtensions"));
        _ = _session.Run("if ((Get-VM ext).State -notin 'Off', 'Saved') { Stop-VM ext -TurnOff }; Remove-VM ext -Force");
    }
}
