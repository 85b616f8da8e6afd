using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Commands on the host.</summary>
public sealed class HostTests : IClassFixture<Session>
{
    private const string AllOfACheck = "ForEach-Object { '{0}|{1}|{2}|{3}|{4}' -f $_.Engine, $_.Name, $_.Result, $_.Found, $_.Remedy }";

    private readonly Session _session;

    public HostTests(Session session) => _session = session;

    [Fact]
    public void TestVMHostNestedVirtualization_AllChecks_AreTheWorkers() => Assert.Equal(
        [
            "Kvm|Device|Failed|fake device|fake remedy",
            "Kvm|NestedParameter|NotApplicable|fake module|",
            "Software|Translation|Warning|fake code|fake kernel",
            "Software|Nesting|Passed|fake outcome|",
        ],
        _session.Run($"Test-VMHostNestedVirtualization | {AllOfACheck}").Select(row => row.ToString()));

    [Theory]
    [InlineData("-Engine Kvm", "Device NestedParameter")]
    [InlineData("-Engine Software", "Translation Nesting")]
    [InlineData("localhost -Engine Kvm, Software", "Device NestedParameter Translation Nesting")]
    public void TestVMHostNestedVirtualization_OfAnEngine_HasItsChecksOnly(string arguments, string names) =>
        Assert.Equal(names, _session.Text($"(Test-VMHostNestedVirtualization {arguments}).Name -join ' '"));

    [Fact]
    public void TestVMHostNestedVirtualization_Asked_StartsNoService() => Assert.Equal("4 False", _session.Text(
        """
        $old = $env:NESTVISOR_RUNTIME
        $env:NESTVISOR_RUNTIME = "$folder/none"
        try { "$(@(Test-VMHostNestedVirtualization).Count) $([IO.Directory]::Exists("$folder/none"))" } finally { $env:NESTVISOR_RUNTIME = $old }
        """));

    [Fact]
    public void TestVMHostNestedVirtualization_WithoutAWorker_SaysWhatIsMissing()
    {
        ErrorRecord error = _session.Fail(
            "$old = $env:NESTVISOR_WORKER; $env:NESTVISOR_WORKER = '/nix'; try { Test-VMHostNestedVirtualization } finally { $env:NESTVISOR_WORKER = $old }");

        Assert.Equal("ServiceUnavailable,Microsoft.HyperV.PowerShell.Commands.TestVMHostNestedVirtualization", error.FullyQualifiedErrorId);
        Assert.Contains("'/nix'", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Test-VMHostNestedVirtualization elsewhere")]
    [InlineData("Get-VMHost elsewhere")]
    [InlineData("Set-VMHost elsewhere -VirtualHardDiskPath /tmp")]
    public void HostCommand_OnAnotherComputer_IsRefused(string script) =>
        Assert.StartsWith("NotSupported,Microsoft.HyperV.PowerShell.Commands.", _session.Fail(script).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void GetVMHost_Properties_AreTheHosts() => Assert.Equal(
        $"{Environment.MachineName}|{Environment.MachineName}|True|True|True|False|{_session.Folder}/s|True|11",
        _session.Text(
            """
            $h = Get-VMHost -ComputerName localhost
            '{0}|{1}|{2}|{3}|{4}|{5}|{6}|{7}|{8}' -f $h.Name, $h.ComputerName, ($h.LogicalProcessorCount -ge 1), ($h.MemoryCapacity -gt 64MB),
                $h.NumaSpanningEnabled, $h.VirtualMachineMigrationEnabled, $h.VirtualMachinePath, [IO.Directory]::Exists($h.VirtualHardDiskPath),
                $h.SupportedVmVersions.Count
            """));

    [Fact]
    public void SetVMHost_VirtualHardDiskPath_IsMadeAndKept() => Assert.Equal(
        $"|{_session.Folder}/new/disks|{_session.Folder}/new/disks|True",
        _session.Text(
            """
            $silent = Set-VMHost -VirtualHardDiskPath "$folder/new/disks/"
            $passed = Set-VMHost localhost -Passthru
            '{0}|{1}|{2}|{3}' -f $silent, $passed.VirtualHardDiskPath, (Get-VMHost).VirtualHardDiskPath, [IO.Directory]::Exists("$folder/new/disks")
            """));

    [Fact]
    public void SetVMHost_WhatIf_ChangesNothing() => Assert.Equal(
        "True", _session.Text("$old = (Get-VMHost).VirtualHardDiskPath; Set-VMHost -VirtualHardDiskPath /tmp/nix -WhatIf; (Get-VMHost).VirtualHardDiskPath -eq $old"));

    [Theory]
    [InlineData("Set-VMHost -VirtualMachinePath /tmp", "NotSupported", "NESTVISOR_STATE")]
    [InlineData("Set-VMHost -VirtualHardDiskPath /proc/nix", "InvalidParameter", "/proc/nix")]
    public void SetVMHost_PathThatCannotBe_SaysWhyAndChangesNothing(string script, string identifier, string named)
    {
        string before = _session.Text("(Get-VMHost).VirtualHardDiskPath");

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.SetVMHost", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, _session.Text("(Get-VMHost).VirtualHardDiskPath"));
    }
}
