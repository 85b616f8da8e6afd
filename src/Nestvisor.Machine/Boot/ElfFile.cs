using System.Buffers.Binary;

namespace Nestvisor.Machine.Boot;

/// <summary>The program headers and notes of an ELF executable, 32- or 64-bit. The file is not trusted.</summary>
internal sealed class ElfFile
{
    private const int MaximumHeaders = 128;
    private const ulong MaximumNotes = 1 << 20;
    private const uint TypeLoad = 1;
    private const uint TypeNote = 4;
    private const ushort ExecutableFile = 2;
    private const ushort SharedFile = 3;

    private readonly BootImage _image;
    private readonly List<Segment> _notes = [];

    private ElfFile(BootImage image) => _image = image;

    /// <summary>Whether the file is of class ELFCLASS64.</summary>
    public bool Is64Bit { get; private init; }

    /// <summary>e_entry.</summary>
    public ulong Entry { get; private init; }

    /// <summary>The segments to load.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>Whether a file begins as ELF does.</summary>
    public static bool IsElf(ReadOnlySpan<byte> head) => head.StartsWith("\u007FELF"u8);

    /// <summary>Reads the headers.</summary>
    /// <exception cref="BootImageException">They are damaged or not those of an x86 kernel.</exception>
    public static ElfFile Read(BootImage image)
    {
        Span<byte> header = stackalloc byte[64];
        if (!image.TryRead(0, header) || header[5] != 1 || header[4] is not (1 or 2))
        {
            throw Damaged(image, "its ELF header is damaged");
        }

        bool wide = header[4] == 2;
        ushort type = Read16(header, 16);
        ushort machine = Read16(header, 18);
        if (machine != (wide ? 62 : 3))
        {
            throw new BootImageException(image.Path, $"it is for another processor (ELF machine {machine})", "Give a kernel for x86-64.");
        }

        if (type is not (ExecutableFile or SharedFile))
        {
            throw new BootImageException(image.Path, $"it is not an executable (ELF type {type})", "Give a kernel, not a module or core file.");
        }

        ElfFile file = new(image) { Is64Bit = wide, Entry = wide ? Read64(header, 24) : Read32(header, 24) };
        ulong table = wide ? Read64(header, 32) : Read32(header, 28);
        int entrySize = Read16(header, wide ? 54 : 42);
        int count = Read16(header, wide ? 56 : 44);
        if (count is 0 or > MaximumHeaders || entrySize != (wide ? 56 : 32))
        {
            throw Damaged(image, "its program headers are damaged");
        }

        byte[] headers = new byte[count * entrySize];
        if (!image.TryRead(table, headers))
        {
            throw Damaged(image, "it ends before its program headers");
        }

        for (int i = 0; i < count; i++)
        {
            file.AddHeader(headers.AsSpan(i * entrySize, entrySize));
        }

        return file.Segments.Count != 0 ? file : throw Damaged(image, "it has no segment to load");
    }

    /// <summary>Looks for a note.</summary>
    /// <param name="name">Name of its owner.</param>
    /// <param name="type">Its type.</param>
    /// <returns>Its descriptor; null if there is none.</returns>
    public byte[]? FindNote(ReadOnlySpan<byte> name, uint type)
    {
        foreach (Segment segment in _notes)
        {
            byte[] notes = new byte[Math.Min(segment.FileSize, MaximumNotes)];
            if (!_image.TryRead(segment.Offset, notes))
            {
                continue;
            }

            for (ulong at = 0; at + 12 <= (ulong)notes.Length;)
            {
                ReadOnlySpan<byte> rest = notes.AsSpan((int)at);
                ulong nameSize = Read32(rest, 0);
                ulong descriptorSize = Read32(rest, 4);
                ulong descriptor = 12 + ((nameSize + 3) & ~3UL);
                ulong end = descriptor + ((descriptorSize + 3) & ~3UL);
                if (descriptor + descriptorSize > (ulong)rest.Length)
                {
                    break;
                }

                if (Read32(rest, 8) == type && rest.Slice(12, (int)nameSize).TrimEnd((byte)0).SequenceEqual(name))
                {
                    return rest.Slice((int)descriptor, (int)descriptorSize).ToArray();
                }

                at += end;
            }
        }

        return null;
    }

    /// <summary>Copies the segments into guest memory.</summary>
    /// <returns>The end of the highest one.</returns>
    public ulong Load(BootContext context, ulong lowest)
    {
        ulong end = 0;
        foreach (Segment segment in Segments)
        {
            context.RequireRam(segment.Address, segment.MemorySize);
            if (segment.Address < lowest)
            {
                throw new BootImageException(
                    _image.Path, $"it wants to be loaded at {segment.Address:X}h, below {lowest:X}h", "Link the kernel to a higher address.");
            }

            _image.Load(segment.Offset, segment.FileSize, context.Memory, segment.Address);
            context.Clear(segment.Address + segment.FileSize, segment.MemorySize - segment.FileSize);
            end = Math.Max(end, segment.Address + segment.MemorySize);
        }

        return end;
    }

    private static BootImageException Damaged(BootImage image, string reason) => new(image.Path, reason, "Get the file again.");

    private static ushort Read16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Read32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong Read64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private void AddHeader(ReadOnlySpan<byte> header)
    {
        uint type = Read32(header, 0);
        Segment segment = Is64Bit
            ? new(Read64(header, 8), Read64(header, 24), Read64(header, 32), Read64(header, 40))
            : new(Read32(header, 4), Read32(header, 12), Read32(header, 16), Read32(header, 20));
        if (type == TypeNote)
        {
            _notes.Add(segment);
        }
        else if (type == TypeLoad && segment.MemorySize != 0)
        {
            if (segment.FileSize > segment.MemorySize
                || segment.Offset > _image.Length || segment.FileSize > _image.Length - segment.Offset
                || segment.Address + segment.MemorySize < segment.Address)
            {
                throw Damaged(_image, "a segment reaches beyond the end of the file");
            }

            Segments.Add(segment);
        }
    }

    /// <summary>A program header.</summary>
    /// <param name="Offset">p_offset.</param>
    /// <param name="Address">p_paddr.</param>
    /// <param name="FileSize">p_filesz.</param>
    /// <param name="MemorySize">p_memsz.</param>
    internal readonly record struct Segment(ulong Offset, ulong Address, ulong FileSize, ulong MemorySize);
}
