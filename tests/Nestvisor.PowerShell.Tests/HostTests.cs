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
    public void HostCommand_OnAnotherComputer_IsRefused(string script) =>
        Assert.StartsWith("NotSupported,Microsoft.HyperV.PowerShell.Commands.", _session.Fail(script).FullyQualifiedErrorId, StringComparison.Ordinal);
}
