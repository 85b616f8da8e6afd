namespace Nestvisor.Platform.Tests;

public sealed class ProcessTests
{
    [Fact]
    public void ProcessResources_Memory_IsPlausibleAndStaysAtTheEnd()
    {
        using ProcessResources resources = new();
        long resident = resources.ReadResidentBytes();

        Assert.InRange(resident, 1 << 20, 1L << 40);
        resources.Dispose();
        Assert.Equal(resident, resources.ReadResidentBytes());
    }

    [Fact]
    public void ProcessorTime_OfThread_Grows()
    {
        long before = ProcessorTime.OfThread();
        long sum = 0;
        while (ProcessorTime.OfThread() - before < 1_000_000)
        {
            sum++;
        }

        Assert.True(sum > 0);
        Assert.True(ProcessorTime.OfProcess() >= ProcessorTime.OfThread() - before);
    }

    [Fact]
    public unsafe void ExecutableMemory_Code_Runs()
    {
        // mov eax, edi; add eax, 1; ret
        byte* code = ExecutableMemory.Create([0x89, 0xF8, 0x83, 0xC0, 0x01, 0xC3]);

        // SAFETY: the code follows the System V calling convention for int(int).
        Assert.Equal(42, ((delegate* unmanaged<int, int>)code)(41));
    }

    [Fact]
    public void PreparedRename_Executed_ReplacesTheFile()
    {
        string folder = Directory.CreateTempSubdirectory("nvp").FullName;
        string from = Path.Combine(folder, "from");
        string to = Path.Combine(folder, "to");
        File.WriteAllText(from, "new");
        File.WriteAllText(to, "old");

        new PreparedRename(from, to).Execute();

        Assert.Equal("new", File.ReadAllText(to));
        Assert.False(File.Exists(from));
        Directory.Delete(folder, recursive: true);
    }
}
