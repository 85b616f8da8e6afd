using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests;

/// <summary>How commands understand the paths that they are given.</summary>
public sealed class PathTests : IClassFixture<Session>
{
    private readonly Session _session;

    public PathTests(Session session)
    {
        _session = session;
        _ = Directory.CreateDirectory(Path.Combine(session.Folder, "sub", "deep"));
        foreach (string name in (string[])["sub/a.img", "sub/deep/b.img", "sub/[c].img"])
        {
            File.WriteAllBytes(Path.Combine(session.Folder, name), new byte[1 << 20]);
        }
    }

    [Theory]
    [InlineData("a.img", "sub/a.img")]
    [InlineData("./a.img", "sub/a.img")]
    [InlineData(".\\a.img", "sub/a.img")]
    [InlineData("deep\\b.img", "sub/deep/b.img")]
    [InlineData("deep\\..\\..\\sub\\a.img", "sub/a.img")]
    [InlineData("[c].img", "sub/[c].img")]
    [InlineData("Disks:/deep/b.img", "sub/deep/b.img")]
    [InlineData("Disks:\\deep\\b.img", "sub/deep/b.img")]
    [InlineData("Microsoft.PowerShell.Core\\FileSystem::$folder/sub/a.img", "sub/a.img")]
    [InlineData("~/a.img", "sub/a.img")]
    [InlineData("~\\deep\\b.img", "sub/deep/b.img")]
    public void AddVMHardDiskDrive_Path_IsUnderstoodAsPowerShellDoes(string path, string file) => Assert.Equal(
        Path.Combine(_session.Folder, file),
        _session.Text(
            $$"""
            $old = $ExecutionContext.SessionState.Path.CurrentLocation
            $provider = $ExecutionContext.SessionState.Provider.GetOne('FileSystem'); $before = $provider.Home
            $drive = [System.Management.Automation.PSDriveInfo]::new('Disks', $provider, "$folder/sub", '', $null)
            $null = $ExecutionContext.SessionState.Drive.New($drive, 'Global')
            try
            {
                $provider.Home = "$folder/sub"
                $null = $ExecutionContext.SessionState.Path.SetLocation("$folder/sub")
                New-VM p | Out-Null
                (Add-VMHardDiskDrive p -Path "{{path}}" -Passthru).Path
            }
            finally
            {
                $provider.Home = $before
                $null = $ExecutionContext.SessionState.Path.SetLocation($old)
                $ExecutionContext.SessionState.Drive.Remove('Disks', $true, 'Global')
                Remove-VM p -Force
            }
            """));

    [Theory]
    [InlineData("New-VM x -VHDPath C:\\disks\\a.vhdx", "NewVM")]
    [InlineData("New-VM x -NewVHDPath C:\\disks\\a.vhdx -NewVHDSizeBytes 1GB", "NewVM")]
    [InlineData("Add-VMHardDiskDrive x -Path C:\\a.vhdx", "AddVMHardDiskDrive")]
    [InlineData("Set-VMFirmware x -KernelPath C:kernel", "SetVMFirmware")]
    [InlineData("Set-VMFirmware x -InitialRamDiskPath c:/initrd", "SetVMFirmware")]
    [InlineData("Set-VMHost -VirtualHardDiskPath C:\\disks", "SetVMHost")]
    public void Path_OnADriveThatIsNotThere_SaysSo(string script, string command)
    {
        _ = _session.Run("New-VM x | Out-Null");

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"InvalidParameter,Microsoft.HyperV.PowerShell.Commands.{command}", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains("drive C", error.Exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("1", _session.Text("@(Get-VM x).Count; Remove-VM x -Force"));
    }

    [Theory]
    [InlineData("Set-VMFirmware x -KernelPath Env:PATH")]
    [InlineData("Set-VMFirmware x -KernelPath 'NoSuchProvider::/x'")]
    public void Path_ThatIsNotOfAFile_IsAnInvalidArgument(string script)
    {
        _ = _session.Run("New-VM x | Out-Null");

        Assert.Equal("InvalidParameter,Microsoft.HyperV.PowerShell.Commands.SetVMFirmware", _session.Fail(script).FullyQualifiedErrorId);
        _ = _session.Run("Remove-VM x -Force");
    }
}
