using System.Buffers.Binary;

namespace Nestvisor.Machine.Boot;

/// <summary>Loads a Linux bzImage by its 64-bit boot protocol (Linux, Documentation/arch/x86/boot.rst).</summary>
internal static class BzImageLoader
{
    private const int SetupSectors = 0x1F1;
    private const int BootFlag = 0x1FE;
    private const int JumpLength = 0x201;
    private const int HeaderMagic = 0x202;
    private const int ProtocolVersion = 0x206;
    private const int TypeOfLoader = 0x210;
    private const int LoadFlags = 0x211;
    private const int RamdiskImage = 0x218;
    private const int RamdiskSize = 0x21C;
    private const int HeapEnd = 0x224;
    private const int CommandLinePointer = 0x228;
    private const int InitrdAddressMaximum = 0x22C;
    private const int KernelAlignment = 0x230;
    private const int RelocatableKernel = 0x234;
    private const int XLoadFlags = 0x236;
    private const int CommandLineSize = 0x238;
    private const int PreferredAddress = 0x258;
    private const int InitSize = 0x260;
    private const int AcpiRootPointer = 0x070;
    private const int E820Entries = 0x1E8;
    private const int E820Table = 0x2D0;
    private const int E820EntrySize = 20;

    private const uint HdrS = 0x5372_6448;
    private const ushort Has64BitEntry = 1;
    private const byte LoadedHigh = 1;
    private const byte CanUseHeap = 0x80;
    private const byte UnassignedLoader = 0xFF;
    private const ulong Entry64 = 0x200;
    private const int HeadSize = 0x268;
    private const ulong LargePage = 2 << 20;

    /// <summary>Whether a file begins as a bzImage does.</summary>
    public static bool IsBzImage(ReadOnlySpan<byte> head) => head.Length >= HeadSize
        && BinaryPrimitives.ReadUInt16LittleEndian(head[BootFlag..]) == 0xAA55
        && BinaryPrimitives.ReadUInt32LittleEndian(head[HeaderMagic..]) == HdrS;

    /// <summary>Checks that the kernel is one of 64 bits.</summary>
    public static void Check(BootContext context, ReadOnlySpan<byte> head)
    {
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(head[ProtocolVersion..]);
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(head[XLoadFlags..]);
        if (version < 0x020C || (flags & Has64BitEntry) == 0)
        {
            throw new BootImageException(
                context.Kernel.Path, $"the bzImage has no 64-bit entry point (boot protocol {version >> 8}.{version & 0xFF:D2})",
                "Give a 64-bit kernel of Linux 3.8 or later.");
        }
    }

    /// <summary>Loads a kernel that <see cref="Check"/> has passed.</summary>
    public static EntryState Load(BootContext context, ReadOnlySpan<byte> head)
    {
        ulong setupSize = ((head[SetupSectors] == 0 ? 4UL : head[SetupSectors]) + 1) * 512;
        if (setupSize >= context.Kernel.Length)
        {
            throw new BootImageException(context.Kernel.Path, "the bzImage ends before its kernel", "Get the file again.");
        }

        ulong kernelSize = context.Kernel.Length - setupSize;
        ulong initSize = Math.Max(BinaryPrimitives.ReadUInt32LittleEndian(head[InitSize..]), kernelSize);
        ulong address = ChooseAddress(context, head, initSize);
        context.Kernel.Load(setupSize, kernelSize, context.Memory, address);

        ulong initrdLimit = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(head[InitrdAddressMaximum..]) + 1;
        ulong initrd = context.LoadInitrd(address + initSize, initrdLimit);
        int lineLimit = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(head[CommandLineSize..]), BootLayout.CommandLineLimit);
        context.WriteCommandLine(BootLayout.CommandLine, lineLimit);
        WriteZeroPage(context, head, initrd);
        WritePageTables(context);
        context.WriteDescriptors();
        return new EntryState.Long(address + Entry64, BootLayout.PageTables, BootLayout.ZeroPage);
    }

    private static ulong ChooseAddress(BootContext context, ReadOnlySpan<byte> head, ulong size)
    {
        ulong preferred = BinaryPrimitives.ReadUInt64LittleEndian(head[PreferredAddress..]);
        ulong alignment = Math.Max(BinaryPrimitives.ReadUInt32LittleEndian(head[KernelAlignment..]), 0x1000);
        if (preferred >= BootLayout.OneMebibyte && context.Memory.IsRam(preferred, size))
        {
            return preferred;
        }

        ulong lowest = alignment;
        while (lowest < BootLayout.OneMebibyte)
        {
            lowest += alignment;
        }

        if (head[RelocatableKernel] == 0)
        {
            lowest = preferred;
        }

        context.RequireRam(lowest, size);
        return lowest;
    }

    private static void WriteZeroPage(BootContext context, ReadOnlySpan<byte> head, ulong initrd)
    {
        byte[] page = new byte[4096];
        int headerEnd = Math.Min(HeaderMagic + head[JumpLength], HeadSize);
        head[SetupSectors..headerEnd].CopyTo(page.AsSpan(SetupSectors));
        page[TypeOfLoader] = UnassignedLoader;
        page[LoadFlags] |= LoadedHigh | CanUseHeap;
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(HeapEnd), 0xFE00);
        Put32(CommandLinePointer, (uint)BootLayout.CommandLine);
        Put32(RamdiskImage, (uint)initrd);
        Put32(RamdiskSize, (uint)(context.Initrd?.Length ?? 0));
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(AcpiRootPointer), context.AcpiRootPointer);
        page[E820Entries] = (byte)context.Map.Length;
        for (int i = 0; i < context.Map.Length; i++)
        {
            Span<byte> entry = page.AsSpan(E820Table + (i * E820EntrySize));
            BinaryPrimitives.WriteUInt64LittleEndian(entry, context.Map[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], context.Map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], context.Map[i].Type);
        }

        context.Write(BootLayout.ZeroPage, page);

        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(offset), value);
    }

    // The first 4 GiB, one to one, in 2 MiB pages.
    private static void WritePageTables(BootContext context)
    {
        const ulong Table = 0x3;
        const ulong Page = 0x83;
        const int Directories = 4;
        byte[] tables = new byte[(2 + Directories) * 4096];
        Put(0, (BootLayout.PageTables + 0x1000) | Table);
        for (int i = 0; i < Directories; i++)
        {
            Put(512 + i, (BootLayout.PageTables + 0x2000 + ((ulong)i * 0x1000)) | Table);
        }

        for (int i = 0; i < Directories * 512; i++)
        {
            Put(1024 + i, ((ulong)i * LargePage) | Page);
        }

        context.Write(BootLayout.PageTables, tables);

        void Put(int index, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(tables.AsSpan(index * 8), value);
    }
}
