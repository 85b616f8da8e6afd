using System.Buffers.Binary;
using System.Text;

namespace Nestvisor.Machine.Boot;

/// <summary>Loads a 32-bit ELF kernel with a multiboot header (Multiboot Specification 0.6.96).</summary>
internal static class MultibootLoader
{
    private const uint HeaderMagic = 0x1BAD_B002;
    private const uint LoaderMagic = 0x2BAD_B002;
    private const int HeaderSearch = 8192;

    // The BIOS data area's kilobytes of conventional memory, which interrupt 12h tells. Xen puts its start-up code below what this says.
    private const ulong ConventionalMemory = 0x413;
    private const ushort ConventionalKibibytes = 639;

    // High in conventional memory: kernels are linked from 8000h or 1 MiB on, and copy start-up code to page 0.
    private const ulong Information = 0x9_0000;
    private const ulong Map = 0x9_0100;
    private const ulong ModuleList = 0x9_0300;
    private const int ModuleEntrySize = 16;
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

        WriteInformation(context, LoadModules(context, end));
        return new EntryState.Protected((uint)elf.Entry, LoaderMagic, (uint)Information, 0x08, 0x10);
    }

    private const ulong GuestPage = 0x1000;

    // A small module, such as kvm-unit-tests' environment, stays out of the memory that the kernel takes for its own.
    private static ulong[] LoadModules(BootContext context, ulong kernelEnd)
    {
        if (context.Initrd is { } initrd && context.Modules.Length == 1 && initrd.Length <= ModuleSpaceEnd - ModuleSpace)
        {
            initrd.Load(0, initrd.Length, context.Memory, ModuleSpace);
            return [ModuleSpace];
        }

        return context.LoadModules(Math.Max(kernelEnd, BootLayout.OneMebibyte));
    }

    private static void WriteInformation(BootContext context, ulong[] modules)
    {
        const uint HasMemory = 1 << 0;
        const uint HasCommandLine = 1 << 2;
        const uint HasModules = 1 << 3;
        const uint HasMap = 1 << 6;
        const uint HasLoaderName = 1 << 9;
        const int MapEntrySize = 24;

        List<byte> lines = [];
        AddLine(context.Kernel.Path, context.CommandLine);

        byte[] info = new byte[120];
        Put32(0, HasMemory | HasCommandLine | HasModules | HasMap | HasLoaderName);
        Put32(4, ConventionalKibibytes);
        Put32(8, (uint)((context.Memory.LowSize - BootLayout.OneMebibyte) >> 10));
        Put32(16, (uint)CommandLine);
        Put32(64, (uint)LoaderName);
        Put32(44, (uint)(context.Map.Length * MapEntrySize));
        Put32(48, (uint)Map);
        if (modules.Length != 0)
        {
            Put32(20, (uint)modules.Length);
            Put32(24, (uint)ModuleList);
            byte[] list = new byte[modules.Length * ModuleEntrySize];
            for (int i = 0; i < modules.Length; i++)
            {
                (BootImage image, string commandLine) = context.Modules[i];
                Span<byte> entry = list.AsSpan(i * ModuleEntrySize);
                BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)modules[i]);
                BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)(modules[i] + image.Length));
                BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], AddLine(image.Path, commandLine));
            }

            context.Write(ModuleList, list);
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

        Span<byte> kibibytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(kibibytes, ConventionalKibibytes);
        context.Write(ConventionalMemory, kibibytes);
        context.Write(Information, info);
        context.Write(Map, map);
        context.Write(LoaderName, "nestvisor\0"u8);
        context.Write(CommandLine, lines.ToArray());

        // A file's name and its words, as GRUB's first version gave them: Xen takes the name off where the loader does not call itself GRUB 2.
        uint AddLine(string path, string words)
        {
            int at = lines.Count;
            lines.AddRange(Encoding.UTF8.GetBytes($"{Path.GetFileName(path)} {words}".TrimEnd() + "\0"));
            return lines.Count <= CommandLineSpace
                ? (uint)CommandLine + (uint)at
                : throw new BootImageException(
                    path, $"the command lines up to its own have {lines.Count} bytes, and {CommandLineSpace} is the most", "Shorten the command lines.");
        }

        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(offset), value);
    }
}
