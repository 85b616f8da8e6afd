using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Nestvisor.PowerShell.Tests;

/// <summary>The commands on virtual hard disk files in the background, and their end before they are done.</summary>
public sealed class VhdJobTests : IClassFixture<Session>, IDisposable
{
    // So much to copy that a command that is told to stop when it has begun cannot be done before it hears it.
    private const int Megabytes = 1024;

    private readonly Session _session;
    private readonly string _folder;

    public VhdJobTests(Session session)
    {
        _session = session;
        _folder = Directory.CreateTempSubdirectory("nv-vhd-").FullName;
        _ = session.Run($"$global:d = '{_folder}'");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AsJob_OfEachCommand_WorksInTheBackground() => Assert.Equal(
        "New-VHD Completed 2 8388608|Resize-VHD Completed 1 16777216|Convert-VHD Completed 1 16777216|Optimize-VHD Completed 0 ",
        _session.Text(
            """
            $provider = $ExecutionContext.SessionState.Provider.GetOne('FileSystem')
            $null = $ExecutionContext.SessionState.Drive.New([System.Management.Automation.PSDriveInfo]::new('J', $provider, $d, '', $null), 'Global')
            $jobs = & {
                'J:\a.vhdx', 'J:\b.vhdx' | New-VHD -SizeBytes 8MB -AsJob | Wait-Job -Timeout 60
                Resize-VHD J:\a.vhdx 16MB -AsJob -Passthru | Wait-Job -Timeout 60
                Convert-VHD J:\a.vhdx J:\c.vhd -AsJob -Passthru | Wait-Job -Timeout 60
                Optimize-VHD J:\c.vhd -AsJob | Wait-Job -Timeout 60
            }
            ($jobs | ForEach-Object { $r = @(Receive-Job $_); "$($_.Name) $($_.State) $($r.Count) $($r[0].Size)" }) -join '|'
            $ExecutionContext.SessionState.Drive.Remove('J', $true, 'Global'); Remove-Job $jobs
            """));

    [Fact]
    public void AsJob_ThatFails_HasFailedWithItsError()
    {
        Assert.Equal("Failed", _session.Text("$global:job = Resize-VHD $d/nix.vhdx 16MB -AsJob | Wait-Job -Timeout 60; $job.State"));
        Assert.Equal("ObjectNotFound,Microsoft.Vhd.PowerShell.Cmdlets.ResizeVhd", _session.Fail("Receive-Job $job").FullyQualifiedErrorId);
        _ = _session.Run("Remove-Job $job");
    }

    [Fact]
    public void NewVM_AsJobWithANewDisk_FindsTheRelativePath() => Assert.Equal(
        $"Completed {_folder}/j.vhdx",
        _session.Text(
            """
            $null = $ExecutionContext.SessionState.Path.SetLocation($d)
            $job = New-VM j -NewVHDPath ./j.vhdx -NewVHDSizeBytes 8MB -AsJob | Wait-Job -Timeout 60
            $null = $ExecutionContext.SessionState.Path.SetLocation('/')
            "$($job.State) $((Receive-Job $job).HardDrives[0].Path)"; Remove-Job $job; Remove-VM j -Force
            """));

    [Fact]
    public void StopJob_OfAConversion_LeavesNothingHalfDone()
    {
        string source = MakeSource();
        Job job = (Job)_session.Run("Convert-VHD $d/big.img $d/copy.vhdx -VHDType Dynamic -AsJob")[0].BaseObject;
        UntilProgress(job.Progress);

        _ = _session.Run($"$global:job = Get-Job -Id {job.Id}; Stop-Job $job; $null = Wait-Job $job -Timeout 60");

        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.Equal([source], Directory.EnumerateFileSystemEntries(_folder));
        _ = _session.Run("Remove-Job $job");
    }

    [Fact]
    public void CtrlC_DuringAConversion_EndsItWhenNothingIsLeft()
    {
        string source = MakeSource();
        using Runspace runspace = Open();
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(runspace);
        _ = shell.AddScript($"Convert-VHD {source} {_folder}/copy.vhd -VHDType Fixed");
        IAsyncResult run = shell.BeginInvoke();
        UntilProgress(shell.Streams.Progress);

        shell.Stop();

        _ = Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(run));
        Assert.Equal([source], Directory.EnumerateFileSystemEntries(_folder));
        ProgressRecord shown = shell.Streams.Progress[0];
        Assert.Equal(("Converting the virtual hard disk", source), (shown.Activity, shown.StatusDescription));
        Assert.InRange(shown.PercentComplete, 0, 100);
    }

    [Fact]
    public void Progress_OfACompleteConversion_Ends()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.img"), new byte[8 << 20]);
        using Runspace runspace = Open();
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(runspace);
        _ = shell.AddScript($"Convert-VHD {_folder}/a.img {_folder}/b.vhdx");

        _ = shell.Invoke();

        Assert.Empty(shell.Streams.Error);
        ProgressRecord last = shell.Streams.Progress[^1];
        Assert.Equal((ProgressRecordType.Completed, 100), (last.RecordType, last.PercentComplete));
    }

    // An engine whose stream of progress a test sees.
    private static Runspace Open()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Path.Combine(AppContext.BaseDirectory, "Modules", "Hyper-V")]);
        Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        return runspace;
    }

    // Waits for the first record: the service works then.
    private static void UntilProgress(PSDataCollection<ProgressRecord> progress)
    {
        using ManualResetEventSlim shown = new();
        progress.DataAdded += (_, _) => shown.Set();
        Assert.True(progress.Count > 0 || shown.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
    }

    private string MakeSource()
    {
        string path = Path.Combine(_folder, "big.img");
        byte[] chunk = new byte[1 << 20];
        chunk.AsSpan().Fill(5);
        using FileStream file = File.Create(path);
        for (int i = 0; i < Megabytes; i++)
        {
            file.Write(chunk);
        }

        return path;
    }
}
