using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Machine.Boot;

/// <summary>Loads a 32-bit ELF kernel with a multiboot header (Multiboot Specification 0.6.96).</summary>
internal static class MultibootLoader
{
    private const uint HeaderMagic = 0x1BAD_B002;
    private const uint LoaderMagic = 0x2BAD_B002;
    private const int HeaderSearch = 8192;

    // High in conventional memory: kernels are linked from 8000h or 1 MiB on, and copy start-up code to page 0.
    private const ulong Information = 0x9_0000;
    private const ulong Map = 0x9_0100;
    private const ulong Module = 0x9_0300;
    private const ulong LoaderName = 0x9_0380;
    private const ulong CommandLine = 0x9_0400;
    private const int CommandLineSpace = 0xC00;
    private const ulong ModuleSpace = 0x9_1000;
    private const ulong ModuleSpaceEnd = 0x9_F000;

    /// <summary>Whether a file holds a multiboot header.</summary>
    public static bool HasHeader(BootImage image)
    {
        byte[] head = new byte[(int)Math.Min(image.Length, HeaderSearch)];
        if (!image.TryRead(0, head))
        {
            return false;
        }

        for (int at = 0; at + 12 <= head.Length; at += 4)
        {
            if (Read32(at) == HeaderMagic && unchecked(Read32(at) + Read32(at + 4) + Read32(at + 8)) == 0)
            {
                return true;
            }
        }

        return false;

        uint Read32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(offset));
    }

    public static EntryState Load(BootContext context, ElfFile elf)
    {
        ulong end = elf.Load(context, GuestPage);
        foreach (ElfFile.Segment segment in elf.Segments)
        {
            if (segment.Address < ModuleSpaceEnd && segment.Address + segment.MemorySize > Information)
            {
                throw new BootImageException(
                    context.Kernel.Path, $"it covers the addresses {Information:X}h to {ModuleSpaceEnd:X}h, which the loader needs",
                    "Link the kernel to another address.");
            }
        }

        ulong module = LoadModule(context, end);
        WriteInformation(context, module);
        return new EntryState.Protected((uint)elf.Entry, LoaderMagic, (uint)Information, 0x08, 0x10);
    }

    private const ulong GuestPage = 0x1000;

    // A small module, such as kvm-unit-tests' environment, stays out of the memory that the kernel takes for its own.
    private static ulong LoadModule(BootContext context, ulong kernelEnd)
    {
        if (context.Initrd is { } initrd && initrd.Length <= ModuleSpaceEnd - ModuleSpace)
        {
            initrd.Load(0, initrd.Length, context.Memory, ModuleSpace);
            return ModuleSpace;
        }

        return context.LoadInitrd(Math.Max(kernelEnd, BootLayout.OneMebibyte), context.Memory.LowSize);
    }

    private static void WriteInformation(BootContext context, ulong module)
    {
        const uint HasMemory = 1 << 0;
        const uint HasCommandLine = 1 << 2;
        const uint HasModules = 1 << 3;
        const uint HasMap = 1 << 6;
        const uint HasLoaderName = 1 << 9;
        const int MapEntrySize = 24;

        byte[] line = Encoding.UTF8.GetBytes($"{Path.GetFileName(context.Kernel.Path)} {context.CommandLine}".TrimEnd() + "\0");
        if (line.Length > CommandLineSpace)
        {
            throw new BootImageException(
                context.Kernel.Path, $"the command line has {line.Length} bytes, and {CommandLineSpace} is the most", "Shorten the command line.");
        }

        byte[] info = new byte[120];
        Put32(0, HasMemory | HasCommandLine | HasModules | HasMap | HasLoaderName);
        Put32(4, 639);
        Put32(8, (uint)((context.Memory.LowSize - BootLayout.OneMebibyte) >> 10));
        Put32(16, (uint)CommandLine);
        Put32(64, (uint)LoaderName);
        Put32(44, (uint)(context.Map.Length * MapEntrySize));
        Put32(48, (uint)Map);
        if (context.Initrd is not null)
        {
            Put32(20, 1);
            Put32(24, (uint)Module);
            byte[] entry = new byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)module);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), (uint)(module + context.Initrd.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), (uint)LoaderName);
            context.Write(Module, entry);
        }

        byte[] map = new byte[context.Map.Length * MapEntrySize];
        for (int i = 0; i < context.Map.Length; i++)
        {
            Span<byte> entry = map.AsSpan(i * MapEntrySize);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, MapEntrySize - 4);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], context.Map[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[12..], context.Map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], context.Map[i].Type);
        }

        context.Write(Information, info);
        context.Write(Map, map);
        context.Write(LoaderName, "nestvisor\0"u8);
        context.Write(CommandLine, line);

        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(offset), value);
    }
}
