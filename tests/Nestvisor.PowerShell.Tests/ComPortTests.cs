using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>Serial ports.</summary>
public sealed class ComPortTests : IClassFixture<Session>
{
    private readonly Session _session;

    public ComPortTests(Session session) => _session = session;

    [Fact]
    public void SetVMComPort_WithAPath_IsWhereTheConsoleIsWhileTheMachineRuns()
    {
        _session.Create("com");
        string socket = Path.Combine(_session.Folder, "com.sock");

        Assert.Equal($"{socket} {socket} True", _session.Text(
            """
            $null = $ExecutionContext.SessionState.Path.SetLocation($folder)
            $p = Set-VMComPort com 1 .\com.sock -Passthru; $off = $p.Path
            $null = $ExecutionContext.SessionState.Path.SetLocation('/')
            Start-VM com; Send-VMConsoleText com hello; $null = Wait-VMConsoleText com 'echo hello' -Timeout 60
            "$off $($p.Path) $([IO.File]::Exists($p.Path))"
            """));
        _ = _session.Run("Stop-VM com -TurnOff");
        Assert.False(File.Exists(socket));

        // The second run finds the place free, and without a path the socket is the service's own again.
        Assert.Equal("True True ", _session.Text(
            """
            Start-VM com; $a = [IO.File]::Exists($p.Path); Stop-VM com -TurnOff
            Get-VMComPort com 1 | Set-VMComPort -Path ''
            Start-VM com; $b = $p.Path -like "$folder/r/*"; Stop-VM com -TurnOff; "$a $b $($p.Path)"
            Remove-VM com -Force
            """));
    }

    [Fact]
    public void ComPorts_OfAMachine_AreTwoAndEachHasAPathOfItsOwn() => Assert.Equal(
        [
            "COM 1:|COM 2:",
            "COM 1:|COM 2:/tmp/two.sock",
            "COM 2:/tmp/two.sock",
            "COM 1:/tmp/one.sock|COM 2:/tmp/two.sock",
            "COM 1:/tmp/one.sock|COM 2:",
            "COM 1:|COM 2:",
        ],
        _session.Run(
            """
            filter Show { ($_ | ForEach-Object { "$($_.Name):$($_.Path)" }) }
            $null = New-VM two
            (Get-VMComPort two | Show) -join '|'
            Set-VMComPort two 2 /tmp/two.sock; (Get-VMComPort two | Show) -join '|'
            Get-VMComPort two -Number 2 | Show
            (Get-VM two).ComPort1 | Set-VMComPort -Path /tmp/one.sock; ((Get-VM two).ComPort1, (Get-VM two).ComPort2 | Show) -join '|'
            (Get-VM two).ComPort2 | Set-VMComPort -Path $null; (Get-VMComPort two | Show) -join '|'
            (Get-VMComPort two | Set-VMComPort -Path '' -Passthru | Show) -join '|'
            Remove-VM two -Force
            """).Select(line => line.ToString()));

    [Fact]
    public void SetVMComPort_SecondWithAPath_IsThereWhileTheMachineRuns()
    {
        _session.Create("second");

        Assert.Equal("False True False", _session.Text(
            """
            Set-VMComPort second 2 $folder/second.sock; $p = (Get-VMComPort second 2).Path
            $a = [IO.File]::Exists($p); Start-VM second; $b = [IO.File]::Exists($p); Stop-VM second -TurnOff
            "$a $b $([IO.File]::Exists($p))"
            Remove-VM second -Force
            """));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void SetVMComPort_ToAFileThatIsThere_LeavesItAlone(int number)
    {
        _session.Create("file");
        string file = Path.Combine(_session.Folder, "mine");
        File.WriteAllText(file, "");
        _ = _session.Run($"Set-VMComPort file {number} $folder/mine");

        ErrorRecord error = _session.Fail("Start-VM file");

        Assert.Equal("OperationFailed,Microsoft.HyperV.PowerShell.Commands.StartVM", error.FullyQualifiedErrorId);
        Assert.Contains(file, error.Exception.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
        Assert.Equal("Off", _session.Text("(Get-VM file).State; Remove-VM file -Force"));
    }

    [Theory]
    [InlineData("Set-VMComPort bad 1 /tmp/x; Set-VMComPort bad 2 /tmp/x; Set-VMComPort bad 1 ''", "InvalidParameter", "both serial ports")]
    [InlineData("Set-VMComPort bad 1 \\\\.\\pipe\\bad", "InvalidParameter", "/tmp/bad.sock")]
    [InlineData("Set-VMComPort bad 1 -DebuggerMode On", "NotSupported", "-DebuggerMode")]
    [InlineData("Set-VMComPort bad 1 (\"/tmp/\" + 'x' * 110)", "InvalidParameter", "107")]
    [InlineData("Set-VMComPort bad 1 C:\\x", "InvalidParameter", "drive C")]
    [InlineData("Set-VMComPort nix 1 /tmp/x", "ObjectNotFound", "nix")]
    public void SetVMComPort_ThatCannotBe_SaysWhy(string script, string identifier, string named)
    {
        _ = _session.Run("New-VM bad | Out-Null");

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},Microsoft.HyperV.PowerShell.Commands.SetVMComPort", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("", _session.Text("(Get-VMComPort bad).Path -join ''; Remove-VM bad -Force"));
    }

    [Fact]
    public void SetVMComPort_OfARunningMachine_IsRefused()
    {
        _session.Create("on");

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SetVMComPort", _session.Fail("Start-VM on; Set-VMComPort on 1 /tmp/x").FullyQualifiedErrorId);
        _ = _session.Run("Stop-VM on -TurnOff; Set-VMComPort on 2 -Path ''; Set-VMComPort on 1 /tmp/x -WhatIf; Remove-VM on -Force");
    }
}
