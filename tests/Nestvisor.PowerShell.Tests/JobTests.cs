using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

public sealed class JobTests : IClassFixture<Session>
{
    private readonly Session _session;

    public JobTests(Session session) => _session = session;

    [Fact]
    public void AsJob_OfAnOperation_WorksInTheBackgroundAndIsKnown()
    {
        _session.Create("job");

        Assert.Equal(
            "Start-VM True Completed job Running False",
            _session.Text(
                """
                $job = Get-VM job | Start-VM -AsJob -Passthru
                $known = $job.Id -in (Get-Job).Id
                $null = $job | Wait-Job -Timeout 60
                $vm = $job | Receive-Job
                "$($job.Name) $known $($job.State) $($vm.Name) $($vm.State) $($job.HasMoreData)"
                Remove-Job $job; Stop-VM job -TurnOff
                """));
        Assert.Equal("Completed 0", _session.Text("$job = Remove-VM job -Force -AsJob | Wait-Job -Timeout 60; \"$($job.State) $(@(Get-VM jo*b).Count)\"; Remove-Job $job"));
    }

    [Fact]
    public void AsJob_OfAnOperationThatFails_HasFailedWithItsError()
    {
        _session.Create("off");

        Assert.Equal("Failed", _session.Text("$global:job = Suspend-VM off -AsJob | Wait-Job -Timeout 60; $job.State"));

        Assert.Equal("InvalidState,Microsoft.HyperV.PowerShell.Commands.SuspendVM", _session.Fail("Receive-Job $job").FullyQualifiedErrorId);
        _ = _session.Run("Remove-Job $job; Remove-VM off -Force");
    }

    [Fact]
    public void AsJob_WithNobodyToAsk_FailsInTheForegroundWithoutAJob()
    {
        _session.Create("ask");

        (IReadOnlyCollection<PSObject> output, List<ErrorRecord> errors, _) = _session.RunAll("Remove-VM ask -AsJob");

        Assert.Empty(output);
        _ = Assert.Single(errors);
        Assert.Equal("0", _session.Text("@(Remove-VM ask -AsJob -Force -WhatIf).Count"));
        Assert.Equal("ask", _session.Text("(Get-VM ask).Name; Remove-VM ask -Force"));
    }

    [Fact]
    public void AsJob_OfNewVM_FindsARelativePath() => Assert.Equal(
        "Completed new True",
        _session.Text(
            """
            [IO.File]::WriteAllBytes("$folder/disk", [byte[]]::new(1MB))
            $null = $ExecutionContext.SessionState.Path.SetLocation($folder)
            $job = New-VM new -VHDPath disk -AsJob | Wait-Job -Timeout 60
            $null = $ExecutionContext.SessionState.Path.SetLocation("/")
            $vm = Receive-Job $job
            "$($job.State) $($vm.Name) $($vm.HardDrives[0].Path -eq "$folder/disk")"
            Remove-Job $job; Remove-VM new -Force
            """));

    [Fact]
    public void StopJob_OfAWait_EndsIt()
    {
        _session.Create("wait");

        Assert.Equal(
            "Running Stopped Running",
            _session.Text(
                """
                Start-VM wait
                $job = Wait-VM wait -For Off -AsJob
                $before = $job.State
                Stop-Job $job
                $null = Wait-Job $job -Timeout 60
                "$before $($job.State) $((Get-VM wait).State)"
                Remove-Job $job; Stop-VM wait -TurnOff; Remove-VM wait -Force
                """));
    }
}
