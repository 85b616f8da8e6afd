using System.Runtime.CompilerServices;
using Nestvisor.Machine.Acpi;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>Finds out what kind of kernel a file is and loads it, as often as the machine is reset.</summary>
internal sealed class BootLoader : IDisposable
{
    private const int HeadSize = 4096;

    private readonly BootImage _kernel;
    private readonly string _commandLine;
    private readonly List<ModuleImage> _modules = [];
    private BootImage? _initrd;

    private BootLoader(BootImage kernel, string commandLine)
    {
        _kernel = kernel;
        _commandLine = commandLine;
    }

    /// <summary>Opens the images.</summary>
    /// <exception cref="BootImageException">One cannot be opened, or there are too many.</exception>
    public static BootLoader Open(BootConfiguration configuration)
    {
        BootLoader loader = new(BootImage.Open(configuration.KernelPath, "kernel"), configuration.CommandLine);
        try
        {
            foreach (BootModule module in configuration.Modules)
            {
                loader.Add(BootImage.Open(module.Path, "module"), module.CommandLine);
            }

            if (configuration.InitrdPath is { } path)
            {
                loader._initrd = BootImage.Open(path, "initial RAM disk");
                loader.Add(loader._initrd, "");
            }

            return loader;
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <summary>Loads kernel, initial RAM disk and ACPI tables.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="processors">Number of processors.</param>
    /// <param name="ecam">Whether PCI configuration space is memory-mapped.</param>
    /// <param name="secondSerial">Whether there is COM2.</param>
    /// <returns>How to enter the kernel.</returns>
    /// <exception cref="BootImageException">The file is no kernel, or the machine has too little memory.</exception>
    public EntryState Load(GuestMemory memory, int processors, bool ecam, bool secondSerial = false)
    {
        if (memory.LowSize < BootLayout.LeastMemory)
        {
            throw new BootImageException(
                _kernel.Path, $"the machine has {memory.Size >> 10} KiB of memory", $"Give it at least {BootLayout.LeastMemory >> 20} MiB.");
        }

        BootContext context = new(
            memory, MemoryMapEntry.Create(memory, ecam), _kernel, _initrd, [.. _modules], _commandLine, AcpiTables.RootPointer);
        context.Write(AcpiTables.RootPointer, AcpiTables.Create(processors, ecam, secondSerial));

        byte[] head = new byte[(int)Math.Min(_kernel.Length, HeadSize)];
        if (!_kernel.TryRead(0, head))
        {
            throw new BootImageException(_kernel.Path, "it cannot be read", "Check the file.");
        }

        if (BzImageLoader.IsBzImage(head))
        {
            if (_modules.Count != (_initrd is null ? 0 : 1))
            {
                throw new BootImageException(
                    _kernel.Path, "it is a Linux bzImage, which takes no modules", "Give modules to a multiboot or PVH kernel, such as Xen, only.");
            }

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
        foreach (ModuleImage module in _modules)
        {
            module.Image.Dispose();
        }
    }

    private void Add(BootImage image, string commandLine)
    {
        _modules.Add(new ModuleImage(image, commandLine));
        if (_modules.Count > BootConfiguration.MaximumModules)
        {
            throw new BootImageException(
                image.Path, $"it is one module more than the {BootConfiguration.MaximumModules} that there can be, the initial RAM disk among them",
                "Give fewer modules.");
        }
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
