using System.Buffers.Binary;

namespace Nestvisor.Machine.Boot;

/// <summary>
/// Loads an ELF kernel with a PVH entry point (Xen's x86/HVM direct boot ABI): 32-bit protected mode, EBX points to
/// hvm_start_info.
/// </summary>
internal static class PvhLoader
{
    private const uint Phys32EntryNote = 18;
    private const uint StartMagic = 0x336E_C578;
    private const int StartInfoSize = 56;
    private const int ModuleSize = 32;
    private const int MapEntrySize = 24;

    /// <summary>The entry point, or null if the file has no PVH note.</summary>
    public static uint? FindEntry(ElfFile elf) => elf.FindNote("Xen"u8, Phys32EntryNote) switch
    {
        { Length: >= 4 } note => BinaryPrimitives.ReadUInt32LittleEndian(note),
        _ => null,
    };

    public static EntryState Load(BootContext context, ElfFile elf, uint entry)
    {
        ulong end = elf.Load(context, BootLayout.OneMebibyte);
        ulong[] modules = context.LoadModules(end);
        ulong[] lines = context.WriteCommandLines(BootLayout.CommandLine, BootLayout.CommandLineLimit);
        WriteStartInfo(context, modules, lines);
        return new EntryState.Protected(entry, 0, (uint)BootLayout.StartInfo, 0x08, 0x18);
    }

    private static void WriteStartInfo(BootContext context, ulong[] modules, ulong[] lines)
    {
        int map = StartInfoSize + (modules.Length * ModuleSize);
        byte[] info = new byte[map + (context.Map.Length * MapEntrySize)];
        Put32(0, StartMagic);
        Put32(4, 1);
        Put32(12, (uint)modules.Length);
        Put64(16, BootLayout.StartInfo + StartInfoSize);
        Put64(24, BootLayout.CommandLine);
        Put64(32, context.AcpiRootPointer);
        Put64(40, BootLayout.StartInfo + (ulong)map);
        Put32(48, (uint)context.Map.Length);
        for (int i = 0; i < modules.Length; i++)
        {
            int at = StartInfoSize + (i * ModuleSize);
            Put64(at, modules[i]);
            Put64(at + 8, context.Modules[i].Image.Length);
            Put64(at + 16, lines[i]);
        }

        for (int i = 0; i < context.Map.Length; i++)
        {
            int at = map + (i * MapEntrySize);
            Put64(at, context.Map[i].Start);
            Put64(at + 8, context.Map[i].Length);
            Put32(at + 16, context.Map[i].Type);
        }

        context.Write(BootLayout.StartInfo, info);

        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(offset), value);
        void Put64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(offset), value);
    }
}
