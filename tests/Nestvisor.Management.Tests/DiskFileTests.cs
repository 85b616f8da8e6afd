using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Machines;
using Nestvisor.Storage;

namespace Nestvisor.Management.Tests;

/// <summary>Which disk files a machine gets.</summary>
public sealed class DiskFileTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;
    private readonly MachineConfiguration _machine = MachineRules.Create(new CreateMachineRequest { Name = "A" }, s_now);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.vhdx")]
    [InlineData("a.vhd")]
    [InlineData("a.img")]
    public void AddDisk_OfEachFormat_IsAccepted(string name)
    {
        string path = Create(name);
        Assert.Equal(path, Add(path).Disks.Single().Path);
    }

    // Its header is whole; that blocks lie behind its end only its table says.
    [Fact]
    public void AddDisk_FileThatWasCutOff_IsRefusedWithTheReason()
    {
        string path = Create("a.vhdx");
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            disk.Write(0, new byte[512]);
        }

        using (FileStream file = new(path, FileMode.Open))
        {
            file.SetLength(file.Length - (30 << 20));
        }

        ApiException error = Assert.Throws<ApiException>(() => Add(path));
        Assert.Equal(ApiErrorCode.OperationFailed, error.Error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("it was cut off", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.avhdx")]
    [InlineData("a.avhd")]
    public void AddDisk_OfACheckpoint_IsNotSupported(string name)
    {
        string path = Path.Combine(_folder, name);
        File.Move(Create("a.vhdx"), path);
        Assert.Equal(ApiErrorCode.NotSupported, Assert.Throws<ApiException>(() => Add(path)).Error.Code);
    }

    [Fact]
    public void Check_DiskOfAnotherFormatThanItsName_IsRefused()
    {
        string path = Path.Combine(_folder, "a.vhdx");
        File.Move(Create("a.vhd"), path);
        ApiException error = Assert.Throws<ApiException>(() => DiskFiles.Check("A", new DiskConfiguration { Path = path, ControllerLocation = 0 }));
        Assert.Contains("does not begin as a VHDX file does", error.Message, StringComparison.Ordinal);
    }

    private MachineConfiguration Add(string path) => DriveRules.AddDisk(_machine, new AddDiskRequest { Path = path }, MachineState.Off);

    private string Create(string name)
    {
        string path = Path.Combine(_folder, name);
        VirtualDisk.Create(new VirtualDiskCreation { Path = path, Size = 10 << 20 }, null, TestContext.Current.CancellationToken);
        return path;
    }
}
