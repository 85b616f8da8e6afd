using System.Buffers.Binary;
using System.Text;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>What a loader works on: the guest's memory, the images and the command line.</summary>
/// <param name="Memory">The guest's memory.</param>
/// <param name="Map">The memory map to tell the kernel.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">The initial RAM disk, or null.</param>
/// <param name="Modules">What a kernel that knows modules gets, the initial RAM disk as the last one.</param>
/// <param name="CommandLine">The command line.</param>
/// <param name="AcpiRootPointer">Address of the ACPI root pointer.</param>
internal sealed record BootContext(
    GuestMemory Memory, MemoryMapEntry[] Map, BootImage Kernel, BootImage? Initrd, ModuleImage[] Modules, string CommandLine,
    ulong AcpiRootPointer)
{
    /// <summary>Checks that a part of the kernel lies in RAM, above what the loader itself writes.</summary>
    /// <param name="start">First address.</param>
    /// <param name="length">Bytes.</param>
    public void RequireRam(ulong start, ulong length)
    {
        if (!Memory.IsRam(start, length))
        {
            ulong needed = (start + length + (1 << 20) - 1) >> 20;
            throw new BootImageException(
                Kernel.Path,
                $"it needs memory up to {needed} MiB, and the machine has {Memory.Size >> 20} MiB",
                "Give the machine more memory.");
        }
    }

    /// <summary>Copies the initial RAM disk to the highest pages it may have.</summary>
    /// <param name="lowest">Nothing below this address is free.</param>
    /// <param name="limit">First address it may not reach.</param>
    /// <returns>Its address; 0 if there is none.</returns>
    public ulong LoadInitrd(ulong lowest, ulong limit)
    {
        return Initrd is null ? 0 : LoadHigh(Initrd, "initial RAM disk", lowest, Math.Min(limit, Memory.LowSize));
    }

    /// <summary>Copies the modules to the end of memory below 4 GiB, page by page, the first one highest.</summary>
    /// <param name="lowest">Nothing below this address is free.</param>
    /// <returns>Their addresses.</returns>
    public ulong[] LoadModules(ulong lowest)
    {
        ulong[] addresses = new ulong[Modules.Length];
        ulong limit = Memory.LowSize;
        for (int i = 0; i < Modules.Length; i++)
        {
            BootImage image = Modules[i].Image;
            limit = addresses[i] = LoadHigh(image, ReferenceEquals(image, Initrd) ? "initial RAM disk" : "module", lowest, limit);
        }

        return addresses;
    }

    /// <summary>Writes the command line with its terminating zero.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="limit">Most bytes, without the zero.</param>
    public void WriteCommandLine(ulong address, int limit)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(CommandLine + "\0");
        if (bytes.Length - 1 > limit || bytes.AsSpan(0, bytes.Length - 1).Contains((byte)0))
        {
            throw new BootImageException(
                Kernel.Path,
                bytes.Length - 1 > limit
                    ? $"the command line has {bytes.Length - 1} bytes, and the kernel takes {limit}"
                    : "the command line holds a zero character",
                "Correct the command line.");
        }

        Write(address, bytes);
    }

    /// <summary>Writes the command lines of the kernel and, behind it, of the modules.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="limit">Most bytes of all, without the last zero.</param>
    /// <returns>Addresses of the modules' lines; 0 for an empty one.</returns>
    public ulong[] WriteCommandLines(ulong address, int limit)
    {
        WriteCommandLine(address, limit);
        ulong[] addresses = new ulong[Modules.Length];
        ulong next = address + (ulong)Encoding.UTF8.GetByteCount(CommandLine) + 1;
        for (int i = 0; i < addresses.Length; i++)
        {
            if (Modules[i].CommandLine.Length == 0)
            {
                continue;
            }

            byte[] bytes = Encoding.UTF8.GetBytes(Modules[i].CommandLine + "\0");
            int room = (int)(address + (ulong)limit + 1 - next);
            if (bytes.Length > room || bytes.AsSpan(0, bytes.Length - 1).Contains((byte)0))
            {
                throw new BootImageException(
                    Modules[i].Image.Path,
                    bytes.Length > room
                        ? $"its command line has {bytes.Length - 1} bytes, and {Math.Max(room - 1, 0)} are left beside the other lines"
                        : "its command line holds a zero character",
                    "Correct the command line.");
            }

            Write(next, bytes);
            addresses[i] = next;
            next += (ulong)bytes.Length;
        }

        return addresses;
    }

    /// <summary>Writes bytes to an address that every machine has as RAM.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (!Memory.TryWrite(address, bytes))
        {
            throw new InvalidOperationException($"The loader's own data at {address:X} are outside the machine's memory.");
        }
    }

    /// <summary>Fills RAM with zeros.</summary>
    public void Clear(ulong address, ulong length)
    {
        const ulong Chunk = 16 << 20;
        while (length != 0)
        {
            int count = (int)Math.Min(length, Chunk);
            if (!Memory.TryGetSpan(address, count, out Span<byte> window))
            {
                throw new InvalidOperationException($"The range to clear at {address:X} is outside the machine's memory.");
            }

            // Untouched pages are zero already, and stay uncommitted if they are not written.
            if (window.ContainsAnyExcept((byte)0))
            {
                window.Clear();
                Memory.NoteWritten(address, (ulong)count);
            }

            address += (ulong)count;
            length -= (ulong)count;
        }
    }

    private ulong LoadHigh(BootImage image, string what, ulong lowest, ulong limit)
    {
        ulong address = image.Length < limit ? (limit - image.Length) & ~(ulong)(GuestMemory.PageSize - 1) : 0;
        if (address < lowest || address == 0)
        {
            ulong room = limit > lowest ? limit - lowest : 0;
            throw new BootImageException(
                image.Path,
                $"the {what} has {image.Length >> 10} KiB, and {room >> 10} KiB are free beside the kernel",
                $"Give the machine more memory or make the {what} smaller.");
        }

        image.Load(0, image.Length, Memory, address);
        return address;
    }

    /// <summary>Writes the global descriptor table that the entry states refer to.</summary>
    public void WriteDescriptors()
    {
        ulong[] descriptors = [0, 0x00CF_9B00_0000_FFFF, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF];
        byte[] bytes = new byte[descriptors.Length * 8];
        for (int i = 0; i < descriptors.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), descriptors[i]);
        }

        Write(BootLayout.Descriptors, bytes);
    }
}
