using System.Runtime.CompilerServices;
using Nestvisor.Machine.Acpi;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>Finds out what kind of kernel a file is and loads it, as often as the machine is reset.</summary>
internal sealed class BootLoader : IDisposable
{
    private const int HeadSize = 4096;

    private readonly BootImage _kernel;
    private readonly BootImage? _initrd;
    private readonly string _commandLine;

    private BootLoader(BootImage kernel, BootImage? initrd, string commandLine)
    {
        _kernel = kernel;
        _initrd = initrd;
        _commandLine = commandLine;
    }

    /// <summary>Opens the images.</summary>
    /// <exception cref="BootImageException">One cannot be opened.</exception>
    public static BootLoader Open(BootConfiguration configuration)
    {
        BootImage kernel = BootImage.Open(configuration.KernelPath, "kernel");
        try
        {
            BootImage? initrd = configuration.InitrdPath is { } path ? BootImage.Open(path, "initial RAM disk") : null;
            return new BootLoader(kernel, initrd, configuration.CommandLine);
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <summary>Loads kernel, initial RAM disk and ACPI tables.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="processors">Number of processors.</param>
    /// <param name="ecam">Whether PCI configuration space is memory-mapped.</param>
    /// <returns>How to enter the kernel.</returns>
    /// <exception cref="BootImageException">The file is no kernel, or the machine has too little memory.</exception>
    public EntryState Load(GuestMemory memory, int processors, bool ecam)
    {
        if (memory.LowSize < BootLayout.LeastMemory)
        {
            throw new BootImageException(
                _kernel.Path, $"the machine has {memory.Size >> 10} KiB of memory", $"Give it at least {BootLayout.LeastMemory >> 20} MiB.");
        }

        BootContext context = new(
            memory, MemoryMapEntry.Create(memory, ecam), _kernel, _initrd, _commandLine, AcpiTables.RootPointer);
        context.Write(AcpiTables.RootPointer, AcpiTables.Create(processors, ecam));

        byte[] head = new byte[(int)Math.Min(_kernel.Length, HeadSize)];
        if (!_kernel.TryRead(0, head))
        {
            throw new BootImageException(_kernel.Path, "it cannot be read", "Check the file.");
        }

        if (BzImageLoader.IsBzImage(head))
        {
            return LoadBzImage(context, head);
        }

        if (ElfFile.IsElf(head))
        {
            ElfFile elf = ElfFile.Read(_kernel);
            if (PvhLoader.FindEntry(elf) is { } entry)
            {
                return PvhLoader.Load(context, elf, entry);
            }

            return !elf.Is64Bit && MultibootLoader.HasHeader(_kernel)
                ? MultibootLoader.Load(context, elf)
                : throw new BootImageException(
                    _kernel.Path, "it is an ELF file with neither a PVH entry point nor a multiboot header",
                    "Give a Linux kernel built with CONFIG_PVH, a bzImage or a 32-bit multiboot kernel.");
        }

        throw new BootImageException(
            _kernel.Path, "it is neither a Linux bzImage nor an ELF kernel", $"{Hint(head)}Give a kernel such as /boot/vmlinuz of a Linux distribution.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kernel.Dispose();
        _initrd?.Dispose();
    }

    private static EntryState LoadBzImage(BootContext context, ReadOnlySpan<byte> head)
    {
        BzImageLoader.Check(context, head);
        EntryState? unpacked = LoadUnpacked(context, head);

        // What packed and unpacked bytes went through were some ten million bytes, which the process would keep for its whole life.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return unpacked ?? BzImageLoader.Load(context, head);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntryState? LoadUnpacked(BootContext context, ReadOnlySpan<byte> head)
    {
        using BootImage? image = KernelPayload.TryUnpack(context.Kernel, head);
        if (image is null)
        {
            return null;
        }

        try
        {
            ElfFile elf = ElfFile.Read(image);
            return PvhLoader.FindEntry(elf) is { } entry && !image.IsDamaged ? PvhLoader.Load(context, elf, entry) : null;
        }
        catch (BootImageException) when (image.IsDamaged)
        {
            // What is in memory already lies where the guest's own decompressor writes; it finds the damage too, and says so.
            return null;
        }
    }

    private static string Hint(ReadOnlySpan<byte> head)
    {
        bool compressed = head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58])
            || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]);
        return compressed ? "It is compressed: unpack it first. " : head.StartsWith("070701"u8) ? "It is an initial RAM disk. " : "";
    }
}
