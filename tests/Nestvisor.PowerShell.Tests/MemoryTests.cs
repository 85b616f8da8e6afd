using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Hyper-V's rules of memory, at the commands.</summary>
public sealed class MemoryTests : IClassFixture<Session>
{
    private readonly Session _session;

    public MemoryTests(Session session) => _session = session;

    [Fact]
    public void NewVM_NothingGiven_HasHyperVsMemory() => Assert.Equal(
        "536870912 536870912 1099511627776 20 50 False False",
        _session.Text(
            """
            $vm = New-VM fresh; $m = Get-VMMemory fresh
            "$($m.Startup) $($m.Minimum) $($m.Maximum) $($m.Buffer) $($m.Priority) $($m.DynamicMemoryEnabled) $($vm.DynamicMemoryEnabled)"
            Remove-VM fresh -Force
            """));

    [Theory]
    [InlineData("32MB")]
    [InlineData("2TB")]
    public void NewVM_StartupBeyondTheDefaults_TheyGiveWay(string startup) => Assert.Equal(
        "True", _session.Text($"$vm = New-VM wide -MemoryStartupBytes {startup}; $vm.MemoryMinimum -le $vm.MemoryStartup -and $vm.MemoryStartup -le $vm.MemoryMaximum; Remove-VM wide -Force"));

    [Theory]
    [InlineData("Set-VMMemory mem -StartupBytes 32MB", "")]
    [InlineData("Set-VMMemory mem -StartupBytes (32MB - 1)", "32 MB")]
    [InlineData("Set-VMMemory mem -StartupBytes 31MB", "32 MB")]
    [InlineData("Set-VMMemory mem -StartupBytes 0", "32 MB")]
    [InlineData("Set-VMMemory mem -StartupBytes -1MB", "32 MB")]
    [InlineData("Set-VM mem -MemoryStartupBytes 31MB", "32 MB")]
    [InlineData("Set-VMMemory mem -MinimumBytes 31MB", "32 MB")]
    [InlineData("Set-VMMemory mem -MinimumBytes 512MB", "")]
    [InlineData("Set-VMMemory mem -MinimumBytes 513MB", "Minimum <= startup <= maximum")]
    [InlineData("Set-VMMemory mem -MaximumBytes 512MB", "")]
    [InlineData("Set-VMMemory mem -MaximumBytes 511MB", "Minimum <= startup <= maximum")]
    [InlineData("Set-VMMemory mem -MaximumBytes 13TB", "12 TB")]
    [InlineData("Set-VMMemory mem -MinimumBytes 256MB -StartupBytes 128MB", "Minimum <= startup <= maximum")]
    [InlineData("Set-VM mem -MemoryMinimumBytes 1GB", "Minimum <= startup <= maximum")]
    [InlineData("Set-VM mem -MemoryMaximumBytes 256MB", "Minimum <= startup <= maximum")]
    [InlineData("Set-VM mem -MemoryStartupBytes 2GB -MemoryMinimumBytes 1GB -MemoryMaximumBytes 4GB", "")]
    [InlineData("Set-VMMemory mem -Buffer 5", "")]
    [InlineData("Set-VMMemory mem -Buffer 2000", "")]
    [InlineData("Set-VMMemory mem -Buffer 4", "5 to 2000")]
    [InlineData("Set-VMMemory mem -Buffer 2001", "5 to 2000")]
    [InlineData("Set-VMMemory mem -Priority 0", "")]
    [InlineData("Set-VMMemory mem -Priority 100", "")]
    [InlineData("Set-VMMemory mem -Priority -1", "0 to 100")]
    [InlineData("Set-VMMemory mem -Priority 101", "0 to 100")]
    public void Memory_EachRange_IsHyperVs(string script, string named)
    {
        _ = _session.Run("New-VM mem | Out-Null");
        if (named.Length == 0)
        {
            _ = _session.Run(script);
        }
        else
        {
            ErrorRecord error = _session.Fail(script);
            Assert.StartsWith("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.SetVM", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
            Assert.Equal("512 20 50", _session.Text("$m = Get-VMMemory mem; \"$($m.Startup / 1MB) $($m.Buffer) $($m.Priority)\""));
        }

        _ = _session.Run("Remove-VM mem -Force");
    }

    [Fact]
    public void SetVMMemory_SettingsOfDynamicMemory_AreKept() => Assert.Equal(
        "256 1024 2048 30 80 256 2048 False",
        _session.Text(
            """
            $vm = New-VM kept
            Set-VMMemory kept -StartupBytes 1GB -MinimumBytes 256MB -MaximumBytes 2GB -Buffer 30 -Priority 80
            $m = Get-VMMemory kept
            "$($m.Minimum / 1MB) $($m.Startup / 1MB) $($m.Maximum / 1MB) $($m.Buffer) $($m.Priority) $($vm.MemoryMinimum / 1MB) $($vm.MemoryMaximum / 1MB) $($m.DynamicMemoryEnabled)"
            Remove-VM kept -Force
            """));

    [Theory]
    [InlineData("Set-VMMemory dynamic -DynamicMemoryEnabled $true", "NotSupported")]
    [InlineData("Set-VM dynamic -DynamicMemory", "NotSupported")]
    [InlineData("Set-VMMemory dynamic -DynamicMemoryEnabled $false", "")]
    [InlineData("Set-VM dynamic -StaticMemory", "")]
    public void DynamicMemory_SwitchedOn_IsRefusedAndReadsFalse(string script, string id)
    {
        _ = _session.Run("New-VM dynamic | Out-Null");
        (_, List<ErrorRecord> errors, _) = _session.RunAll(script);

        Assert.Equal(id, errors.Count == 0 ? "" : errors[0].FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("False", _session.Text("(Get-VMMemory dynamic).DynamicMemoryEnabled; Remove-VM dynamic -Force"));
    }

    [Theory]
    [InlineData("Set-VMMemory run -StartupBytes 1GB", false)]
    [InlineData("Set-VMMemory run -MinimumBytes 256MB", true)]
    [InlineData("Set-VMMemory run -MinimumBytes 511MB", false)]
    [InlineData("Set-VMMemory run -MaximumBytes 4GB", true)]
    [InlineData("Set-VMMemory run -MaximumBytes 1GB", false)]
    [InlineData("Set-VMMemory run -Buffer 50", true)]
    [InlineData("Set-VMMemory run -Priority 60", true)]
    public void SetVMMemory_OfARunningMachine_ChangesWhatHyperVLets(string script, bool allowed)
    {
        _session.Create("run");
        _ = _session.Run("Set-VMMemory run -MinimumBytes 400MB -MaximumBytes 2GB; Start-VM run");

        (_, List<ErrorRecord> errors, _) = _session.RunAll(script);

        Assert.Equal(allowed ? "" : "InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMMemory", errors.Count == 0 ? "" : errors[0].FullyQualifiedErrorId);
        _ = _session.Run("Stop-VM run -TurnOff; Remove-VM run -Force");
    }
}
