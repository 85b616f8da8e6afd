[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Nestvisor.Storage.Tests;

public sealed class RawDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_MissingFile_NamesTheFile()
    {
        string path = Path.Combine(_folder, "absent.img");
        DiskException error = Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: false));
        Assert.Contains(path, error.Message);
        Assert.Contains("does not exist", error.Message);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Open_Directory_SaysSo()
    {
        DiskException error = Assert.Throws<DiskException>(() => RawDisk.Open(_folder, readOnly: true));
        Assert.Contains("is a directory", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(1025)]
    public void Open_LengthNoMultipleOfSector_SaysSoAndReleasesTheFile(int length)
    {
        string path = CreateFile("odd.img", length);
        DiskException error = Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: false));
        Assert.Contains("512", error.Message);
        File.WriteAllBytes(path, new byte[512]);
        RawDisk.Open(path, readOnly: false).Dispose();
    }

    [Fact]
    public void Open_NoPermission_SaysSo()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may open every file, so a refusal cannot be provoked.");
        string path = CreateFile("secret.img", 512);
        File.SetUnixFileMode(path, UnixFileMode.None);
        DiskException error = Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: true));
        Assert.Contains("permission denied", error.Message);
    }

    [Fact]
    public void Open_SecondWriter_IsRefused()
    {
        string path = CreateFile("disk.img", 4096);
        using RawDisk first = RawDisk.Open(path, readOnly: false);
        DiskException error = Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: false));
        Assert.Contains("in use", error.Message);
        Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: true));
    }

    [Fact]
    public void Open_TwoReaders_BothServe()
    {
        string path = CreateFile("disk.img", 4096);
        using RawDisk first = RawDisk.Open(path, readOnly: true);
        using RawDisk second = RawDisk.Open(path, readOnly: true);
        Assert.Throws<DiskException>(() => RawDisk.Open(path, readOnly: false));
        second.Read(0, new byte[512]);
    }

    [Fact]
    public void Write_ThenRead_GivesTheBytes()
    {
        string path = CreateFile("disk.img", 8192);
        byte[] data = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        using (RawDisk disk = RawDisk.Open(path, readOnly: false))
        {
            disk.Write(700, data);
            disk.Flush();
        }

        using RawDisk again = RawDisk.Open(path, readOnly: true);
        byte[] read = new byte[1000];
        again.Read(700, read);
        Assert.Equal(data, read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteZeroes_InTheMiddle_ZeroesThatRangeOnly(bool mayDiscard)
    {
        string path = CreateFile("disk.img", 1 << 20, 0xAA);
        using RawDisk disk = RawDisk.Open(path, readOnly: false);
        disk.WriteZeroes(1000, 300_000, mayDiscard);
        byte[] all = new byte[1 << 20];
        disk.Read(0, all);
        Assert.Equal(-1, all.AsSpan(1000, 300_000).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, all.AsSpan(0, 1000).IndexOfAnyExcept((byte)0xAA));
        Assert.Equal(-1, all.AsSpan(301_000).IndexOfAnyExcept((byte)0xAA));
        Assert.Equal(1 << 20, new FileInfo(path).Length);
    }

    [Fact]
    public void Write_ReadOnlyDisk_IsRefused()
    {
        using RawDisk disk = RawDisk.Open(CreateFile("disk.img", 4096), readOnly: true);
        Assert.Throws<IOException>(() => disk.Write(0, new byte[512]));
        Assert.Throws<IOException>(() => disk.WriteZeroes(0, 512, mayDiscard: true));
        Assert.Throws<IOException>(() => disk.Discard(0, 512));
        Assert.False(disk.CanDiscard);
    }

    [Theory]
    [InlineData(-1, 512)]
    [InlineData(4096, 1)]
    [InlineData(3585, 512)]
    [InlineData(long.MaxValue, 512)]
    public void Read_OutsideTheDisk_IsRefused(long offset, int length)
    {
        using RawDisk disk = RawDisk.Open(CreateFile("disk.img", 4096), readOnly: true);
        Assert.Throws<ArgumentOutOfRangeException>(() => disk.Read(offset, new byte[length]));
    }

    [Fact]
    public void Read_FileWasCut_IsAnInputOutputError()
    {
        string path = CreateFile("disk.img", 8192);
        using RawDisk disk = RawDisk.Open(path, readOnly: true);
        using (FileStream other = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            other.SetLength(512);
        }

        Assert.Throws<IOException>(() => disk.Read(4096, new byte[512]));
    }

    private string CreateFile(string name, int length, byte fill = 0)
    {
        string path = Path.Combine(_folder, name);
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(fill);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
