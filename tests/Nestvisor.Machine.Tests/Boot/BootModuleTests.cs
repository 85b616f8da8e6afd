using System.Buffers.Binary;
using System.Text;
using Nestvisor.Machine.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Boot;

/// <summary>Modules, as Xen gets the kernel of its domain 0 and that kernel's initial RAM disk.</summary>
public sealed class BootModuleTests : IDisposable
{
    private const uint Information = 0x9_0000;

    private readonly ImageFolder _images = new();
    private readonly GuestMemory _memory = new(64 << 20);

    public void Dispose()
    {
        _memory.Dispose();
        _images.Dispose();
    }

    [Fact]
    public void Load_MultibootWithModules_ListsThemInOrderAndTheInitrdLast()
    {
        byte[] first = Bytes(5000, 1), second = Bytes(20, 2), initrd = Bytes(70, 3);
        Load(TestImages.Multiboot(), new BootConfiguration("", _images.Write("ramdisk", initrd), "no-real-mode")
        {
            Modules = [new BootModule(_images.Write("vmlinuz", first), "console=hvc0 quiet"), new BootModule(_images.Write("ucode", second))],
        });

        Assert.Equal("kernel no-real-mode", ReadString(Read32(Information + 16)));
        Assert.Equal(3u, Read32(Information + 20));
        uint list = Read32(Information + 24);
        Assert.Equal(first, Module(list, 0));
        Assert.Equal(second, Module(list, 1));
        Assert.Equal(initrd, Module(list, 2));
        Assert.Equal("vmlinuz console=hvc0 quiet", ReadString(Read32(list + 8)));
        Assert.Equal("ucode", ReadString(Read32(list + 24)));
        Assert.Equal("ramdisk", ReadString(Read32(list + 40)));
        Assert.All([Read32(list), Read32(list + 16), Read32(list + 32)], start => Assert.True(start % 4096 == 0 && start >= 0x10_0000));
    }

    /// <summary>Kernels that put start-up code into conventional memory ask the BIOS data area how much there is.</summary>
    [Fact]
    public void Load_Multiboot_TellsConventionalMemoryInBothPlaces()
    {
        Load(TestImages.Multiboot(), new BootConfiguration(""));

        Assert.Equal(639u, Read32(Information + 4));
        Assert.Equal(639u, Read32(0x413) & 0xFFFF);
    }

    [Fact]
    public void Load_PvhWithModules_ListsThemWithTheirLines()
    {
        byte[] first = Bytes(5000, 1), initrd = Bytes(70, 3);
        uint info = Load(TestImages.Pvh(), new BootConfiguration("", _images.Write("ramdisk", initrd), "loglvl=all")
        {
            Modules = [new BootModule(_images.Write("vmlinuz", first), "console=hvc0")],
        });

        Assert.Equal("loglvl=all", ReadString(Read64(info + 24)));
        Assert.Equal(2u, Read32(info + 12));
        ulong list = Read64(info + 16);
        Assert.Equal(first, Read(Read64(list), (int)Read64(list + 8)));
        Assert.Equal("console=hvc0", ReadString(Read64(list + 16)));
        Assert.Equal(initrd, Read(Read64(list + 32), (int)Read64(list + 40)));
        Assert.Equal(0ul, Read64(list + 48));

        ulong map = Read64(info + 40);
        Assert.True(map >= list + 64, "The memory map lies in the list of modules.");
        Assert.Equal((0ul, 1u), (Read64(map), Read32(map + 16)));
    }

    [Fact]
    public void Load_BzImageWithModules_SaysWhoTakesThem()
    {
        BootImageException e = Assert.Throws<BootImageException>(
            () => Load(TestImages.BzImage(), new BootConfiguration("") { Modules = [new BootModule(_images.Write("module", [1]))] }));
        Assert.Contains("takes no modules. Give modules to a multiboot or PVH kernel", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ModulesTooBig_NamesTheOneThatDoesNotFit()
    {
        BootImageException e = Assert.Throws<BootImageException>(() => Load(TestImages.Multiboot(), new BootConfiguration("")
        {
            Modules = [new BootModule(_images.Write("one", new byte[40 << 20])), new BootModule(_images.Write("two", new byte[40 << 20]))],
        }));
        Assert.Contains(_images.PathOf("two"), e.Message, StringComparison.Ordinal);
        Assert.Contains("the module has 40960 KiB", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0xC00)]
    [InlineData(false, 0xFFFF)]
    public void Load_LinesTogetherTooLong_NamesTheModuleThatHasNoRoom(bool multiboot, int room)
    {
        BootImageException e = Assert.Throws<BootImageException>(
            () => Load(multiboot ? TestImages.Multiboot() : TestImages.Pvh(), new BootConfiguration("", null, new string('x', room - 100))
            {
                Modules = [new BootModule(_images.Write("module", [1]), new string('y', 200))],
            }));
        Assert.Contains(_images.PathOf("module"), e.Message, StringComparison.Ordinal);
        Assert.Contains("command line", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingModule_NamesIt()
    {
        string path = _images.PathOf("nothing");
        BootImageException e = Assert.Throws<BootImageException>(
            () => Load(TestImages.Multiboot(), new BootConfiguration("") { Modules = [new BootModule(path)] }));
        Assert.Equal($"Cannot boot '{path}': the module does not exist. Give the path of a module that this user can read.", e.Message);
    }

    [Fact]
    public void Open_NineModules_AreTooMany()
    {
        string module = _images.Write("module", [1]);
        BootImageException e = Assert.Throws<BootImageException>(() => Load(TestImages.Multiboot(), new BootConfiguration("", module)
        {
            Modules = [.. Enumerable.Repeat(new BootModule(module), BootConfiguration.MaximumModules)],
        }));
        Assert.Contains("one module more than the 8", e.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <returns>EBX at entry.</returns>
    private uint Load(byte[] kernel, BootConfiguration configuration)
    {
        using BootLoader loader = BootLoader.Open(configuration with { KernelPath = _images.Write("kernel", kernel) });
        return Assert.IsType<EntryState.Protected>(loader.Load(_memory, 1, ecam: false)).Ebx;
    }

    private byte[] Module(uint list, int index)
    {
        uint start = Read32(list + (uint)(index * 16));
        return Read(start, (int)(Read32(list + (uint)(index * 16) + 4) - start));
    }

    private byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(_memory.TryRead(address, bytes));
        return bytes;
    }

    private uint Read32(ulong address) => BinaryPrimitives.ReadUInt32LittleEndian(Read(address, 4));

    private ulong Read64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Read(address, 8));

    private string ReadString(ulong address)
    {
        byte[] bytes = Read(address, 4096);
        return Encoding.UTF8.GetString(bytes, 0, Array.IndexOf(bytes, (byte)0));
    }
}
