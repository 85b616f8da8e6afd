using System.Buffers.Binary;
using System.Text;
using Nestvisor.Machine.Acpi;
using Nestvisor.Machine.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Boot;

public sealed class BootLoaderTests : IDisposable
{
    private readonly ImageFolder _images = new();
    private readonly GuestMemory _memory = new(64 << 20);

    public void Dispose()
    {
        _memory.Dispose();
        _images.Dispose();
    }

    [Fact]
    public void Load_Pvh_EntersWithStartInfo()
    {
        byte[] initrd = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        EntryState.Protected entry = Assert.IsType<EntryState.Protected>(Load(
            TestImages.Pvh(), _images.Write("initrd", initrd), "console=ttyS0"));
        Assert.Equal(TestImages.PvhEntry, entry.Entry);
        Assert.Equal(TestImages.Payload, Read(TestImages.LoadAddress, TestImages.PayloadSize));

        Assert.Equal(0x336E_C578u, Read32(entry.Ebx));
        Assert.Equal(1u, Read32(entry.Ebx + 12));
        ulong module = Read64(Read64(entry.Ebx + 16));
        Assert.Equal(5000ul, Read64(Read64(entry.Ebx + 16) + 8));
        Assert.Equal(initrd, Read(module, initrd.Length));
        Assert.Equal(0ul, module % 4096);
        Assert.Equal("console=ttyS0", ReadString(Read64(entry.Ebx + 24)));
        Assert.Equal("RSD PTR "u8.ToArray(), Read(Read64(entry.Ebx + 32), 8));

        ulong map = Read64(entry.Ebx + 40);
        uint entries = Read32(entry.Ebx + 48);
        Assert.Equal(4u, entries);
        Assert.Equal((0x10_0000ul, 63ul << 20, 1u), (Read64(map + 72), Read64(map + 80), Read32(map + 88)));
    }

    [Fact]
    public void Load_PvhTwice_ClearsTheBssAgain()
    {
        using BootLoader loader = BootLoader.Open(new BootConfiguration(_images.Write("kernel", TestImages.Pvh())));
        loader.Load(_memory, 1, ecam: false);
        byte[] dirt = new byte[TestImages.PayloadSize + TestImages.BssSize];
        dirt.AsSpan().Fill(0xCC);
        _memory.TryWrite(TestImages.LoadAddress, dirt);
        loader.Load(_memory, 1, ecam: false);
        Assert.Equal(TestImages.Payload, Read(TestImages.LoadAddress, TestImages.PayloadSize));
        Assert.All(Read(TestImages.LoadAddress + TestImages.PayloadSize, TestImages.BssSize), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Load_BzImage_EntersInLongMode()
    {
        EntryState.Long entry = Assert.IsType<EntryState.Long>(Load(
            TestImages.BzImage(), _images.Write("initrd", new byte[100]), "quiet"));
        Assert.Equal(0x100_0200ul, entry.Entry);
        Assert.Equal(TestImages.Payload, Read(0x100_0000, TestImages.PayloadSize));
        Assert.Equal(0xFF, Read(entry.Rsi + 0x210, 1)[0]);
        Assert.Equal("quiet", ReadString(Read32(entry.Rsi + 0x228)));
        Assert.Equal(100u, Read32(entry.Rsi + 0x21C));
        Assert.Equal(AcpiTables.RootPointer, Read64(entry.Rsi + 0x70));
        Assert.Equal(4, Read(entry.Rsi + 0x1E8, 1)[0]);

        // The tables map everything below 4 GiB one to one.
        ulong pdpt = Read64(entry.PageTables) & ~0xFFFul;
        ulong directory = Read64(pdpt + (3 * 8)) & ~0xFFFul;
        Assert.Equal(0xFFE0_0083ul, Read64(directory + (511 * 8)));

        ProcessorState state = new();
        entry.Apply(state);
        Assert.Equal((0x500ul, 0x8000_0011ul, 0x20ul), (state.Efer, state.Cr0, state.Cr4));
        Assert.Equal(0x10, state.Segments[1].Selector);
        Assert.Equal(0x00AF_9B00_0000_FFFFul, Read64(state.GdtrBase + 0x10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_BzImageWithKnownPacker_EntersTheUnpackedKernel(bool gzip)
    {
        byte[] image = TestImages.BzImageWith(gzip ? TestImages.Gzip(TestImages.Pvh()) : TestImages.Lz4(TestImages.Pvh()), TestImages.Pvh().Length);
        EntryState.Protected entry = Assert.IsType<EntryState.Protected>(Load(image, null, ""));
        Assert.Equal(TestImages.PvhEntry, entry.Entry);
        Assert.Equal(TestImages.Payload, Read(TestImages.LoadAddress, TestImages.PayloadSize));
    }

    [Fact]
    public void Load_BzImageWithUnknownPacker_LeavesItToTheGuest() =>
        Assert.IsType<EntryState.Long>(Load(TestImages.BzImageWith([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1, 2], 5000), null, ""));

    [Fact]
    public void Load_BzImageWithDamagedPayload_LeavesItToTheGuest()
    {
        Random random = new(5);
        for (int i = 0; i < 500; i++)
        {
            byte[] packed = i % 2 == 0 ? TestImages.Lz4(TestImages.Pvh()) : TestImages.Gzip(TestImages.Pvh());
            packed[random.Next(4, packed.Length)] ^= (byte)random.Next(1, 256);
            Load(TestImages.BzImageWith(packed[..random.Next(8, packed.Length + 1)], TestImages.Pvh().Length), null, "");
        }
    }

    [Fact]
    public void Load_BzImageInLittleMemory_GoesLower()
    {
        using GuestMemory memory = new(12 << 20);
        using BootLoader loader = BootLoader.Open(new BootConfiguration(_images.Write("kernel", TestImages.BzImage())));
        EntryState.Long entry = Assert.IsType<EntryState.Long>(loader.Load(memory, 1, ecam: false));
        Assert.Equal(0x20_0200ul, entry.Entry);
    }

    [Fact]
    public void Load_Multiboot_FollowsTheSpecification()
    {
        EntryState.Protected entry = Assert.IsType<EntryState.Protected>(Load(
            TestImages.Multiboot(), _images.Write("env", "NR_CPUS=1\n"u8.ToArray()), "a b"));
        Assert.Equal((0x2BAD_B002u, 0x08, 0x10), (entry.Eax, entry.CodeSelector, entry.DataSelector));
        Assert.Equal(TestImages.LoadAddress + 0x20, entry.Entry);
        uint info = entry.Ebx;
        Assert.True(info >= 0x1000 && info + 120 <= 0x40_0000);
        Assert.Equal(0x4Du, Read32(info) & 0x4D);
        Assert.Equal(63u << 10, Read32(info + 8));
        Assert.Equal("kernel a b", ReadString(Read32(info + 16)));
        Assert.Equal(1u, Read32(info + 20));
        uint module = Read32(Read32(info + 24));
        Assert.True(module < 0x40_0000);
        Assert.Equal("NR_CPUS=1\n"u8.ToArray(), Read(module, (int)(Read32(Read32(info + 24) + 4) - module)));
        Assert.Equal(20u, Read32(Read32(info + 48)));
        Assert.Equal(4u * 24, Read32(info + 44));
    }

    [Fact]
    public void Load_MultibootWithBigModule_PutsItAboveTheKernel()
    {
        Load(TestImages.Multiboot(), _images.Write("module", new byte[1 << 20]), "");
        Assert.Equal(63u << 20, Read32(Read32(0x9_0000 + 24)));
    }

    [Fact]
    public void Open_MissingKernel_NamesFileReasonAndRemedy()
    {
        string path = _images.PathOf("nothing");
        BootImageException e = Assert.Throws<BootImageException>(() => BootLoader.Open(new BootConfiguration(path)));
        Assert.Equal($"Cannot boot '{path}': the kernel does not exist. Give the path of a kernel that this user can read.", e.Message);
    }

    [Fact]
    public void Open_MissingInitrd_NamesIt()
    {
        string path = _images.PathOf("nothing");
        BootImageException e = Assert.Throws<BootImageException>(
            () => BootLoader.Open(new BootConfiguration(_images.Write("kernel", TestImages.Pvh()), path)));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("initial RAM disk does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Directory_SaysSo() => Assert.Contains(
        "directory", Assert.Throws<BootImageException>(() => BootLoader.Open(new BootConfiguration("/"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_EmptyFile_SaysSo() => Assert.Contains(
        "is empty",
        Assert.Throws<BootImageException>(() => BootLoader.Open(new BootConfiguration(_images.Write("empty", [])))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Load_TextFile_IsNoKernel() => Refuses("hello, world"u8.ToArray(), "neither a Linux bzImage nor an ELF kernel");

    [Fact]
    public void Load_CompressedFile_SaysToUnpack() => Refuses([0x1F, 0x8B, 8, 0, 1, 2, 3], "It is compressed");

    [Fact]
    public void Load_ElfWithoutEntry_SaysWhatIsMissing() => Refuses(TestImages.Pvh(note: false), "neither a PVH entry point nor a multiboot");

    [Fact]
    public void Load_KernelAboveMemory_AsksForMore() => Refuses(TestImages.Pvh(address: 80 << 20), "needs memory up to 81 MiB");

    [Fact]
    public void Load_KernelOverPageZero_IsRefused() => Refuses(TestImages.Pvh(address: 0), "below 100000h");

    [Fact]
    public void Load_OldBzImage_IsRefused() => Refuses(TestImages.BzImage(version: 0x020B), "no 64-bit entry point");

    [Fact]
    public void Load_32BitBzImage_IsRefused() => Refuses(TestImages.BzImage(loadFlags: 0), "no 64-bit entry point");

    [Fact]
    public void Load_BzImageTooBig_AsksForMore() => Refuses(TestImages.BzImage(initSize: 100 << 20), "needs memory up to");

    [Fact]
    public void Load_InitrdTooBig_AsksForMore()
    {
        BootImageException e = Assert.Throws<BootImageException>(
            () => Load(TestImages.Pvh(), _images.Write("initrd", new byte[64 << 20]), ""));
        Assert.Contains("65536 KiB", e.Message, StringComparison.Ordinal);
        Assert.Contains("more memory", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_CommandLineTooLong_IsRefused()
    {
        BootImageException e = Assert.Throws<BootImageException>(() => Load(TestImages.BzImage(), null, new string('x', 3000)));
        Assert.Contains("3000 bytes, and the kernel takes 2047", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RandomDamage_GivesAKernelOrAClearError()
    {
        Random random = new(20261);
        byte[][] kernels = [TestImages.Pvh(), TestImages.Multiboot(), TestImages.BzImage()];
        for (int i = 0; i < 2000; i++)
        {
            byte[] image = (byte[])kernels[i % kernels.Length].Clone();
            for (int j = 0; j < 4; j++)
            {
                image[random.Next(Math.Min(image.Length, 0x280))] = (byte)random.Next(256);
            }

            try
            {
                Load(image[..random.Next(1, image.Length + 1)], null, "");
            }
            catch (BootImageException e)
            {
                Assert.StartsWith("Cannot boot", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private EntryState Load(byte[] kernel, string? initrd, string commandLine)
    {
        using BootLoader loader = BootLoader.Open(new BootConfiguration(_images.Write("kernel", kernel), initrd, commandLine));
        return loader.Load(_memory, 1, ecam: false);
    }

    private void Refuses(byte[] kernel, string reason)
    {
        BootImageException e = Assert.Throws<BootImageException>(() => Load(kernel, null, ""));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(_images.PathOf("kernel"), e.Message, StringComparison.Ordinal);
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
