using Microsoft.Win32.SafeHandles;

namespace Nestvisor.Platform.Tests;

public sealed class HostFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nv-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NextData_FileWithHoles_LosesNoByteThatIsNotZero()
    {
        const long Length = 64 << 20;
        string path = Path.Combine(_folder, "holes");
        long[] places = [5 << 20, 40 << 20];
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, Length);
        foreach (long place in places)
        {
            RandomAccess.Write(file, "x"u8, place);
        }

        List<(long Start, long End)> ranges = [];
        for (long offset = 0; offset < Length;)
        {
            (long start, long end) = HostFile.NextData(file, offset, Length);
            Assert.InRange(start, offset, Length);
            Assert.True(end > offset && end <= Length);
            ranges.Add((start, end));
            offset = end;
        }

        Assert.All(places, place => Assert.Contains(ranges, range => range.Start <= place && place < range.End));
        TestContext.Current.TestOutputHelper?.WriteLine($"{ranges.Sum(range => range.End - range.Start)} of {Length} bytes may hold something");
    }

    [Fact]
    public void NextData_EmptyFile_HasNone()
    {
        using SafeFileHandle file = File.OpenHandle(Path.Combine(_folder, "empty"), FileMode.CreateNew, FileAccess.ReadWrite);

        Assert.Equal((0, 0), HostFile.NextData(file, 0, 0));
    }

    [Fact]
    public void TryClone_WhereItIsPossible_IsACopyOfItsOwn()
    {
        string source = Path.Combine(_folder, "source");
        File.WriteAllText(source, "before");
        string copy = Path.Combine(_folder, "copy");
        using (SafeFileHandle from = File.OpenHandle(source, FileMode.Open, FileAccess.Read))
        using (SafeFileHandle to = File.OpenHandle(copy, FileMode.CreateNew, FileAccess.Write))
        {
            Assert.SkipUnless(HostFile.TryClone(to, from), "The file system of temporary files cannot share storage between files.");
        }

        File.WriteAllText(source, "after!");
        Assert.Equal("before", File.ReadAllText(copy));
    }

    [Fact]
    public void IsRegular_EachKind_IsToldApart()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        string link = File.CreateSymbolicLink(Path.Combine(_folder, "link"), file).FullName;
        string toFolder = File.CreateSymbolicLink(Path.Combine(_folder, "to folder"), _folder).FullName;

        Assert.True(HostFile.IsRegular(file, followLink: false));
        Assert.False(HostFile.IsRegular(link, followLink: false));
        Assert.True(HostFile.IsRegular(link, followLink: true));
        Assert.All([_folder, toFolder, "/dev/null", Path.Combine(_folder, "nowhere")], path => Assert.False(HostFile.IsRegular(path, followLink: true), path));
    }
}
