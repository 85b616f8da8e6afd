using Nestvisor.Devices;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Machine.State;

/// <summary>
/// The saved form of a whole machine: a mark, one <see cref="StateWriter"/> stream with clock, devices and processors, and the
/// pages of memory that are not zero. A checksum follows the stream, and one of everything the pages: chance damage must not pass for
/// a guest's memory. It is no protection from forgery, so all that is read is checked as well.
/// </summary>
internal static class MachineSnapshot
{
    private const ushort MemorySizeField = 1;
    private const ushort ProcessorCountField = 2;
    private const ushort ProfileField = 3;
    private const ushort ClockField = 4;
    private const ushort DeviceCountField = 5;
    private const ushort FirstProcessorField = 0x1000;
    private const ushort FirstDeviceField = 0x2000;
    private const ushort NameField = 1;
    private const ushort StateField = 2;
    private const int MaximumHead = 256 << 20;
    private const ulong EndOfPages = ulong.MaxValue;

    private static ReadOnlySpan<byte> Mark => "NVSTATE2"u8;

    /// <summary>Writes a machine that stands still.</summary>
    public static void Save(Board board, Stream stream)
    {
        StateWriter writer = new();
        writer.Write(MemorySizeField, board.Memory.Size);
        writer.Write(ProcessorCountField, (ulong)board.Partition.Processors.Count);
        writer.Write(ProfileField, ProfileDigest(board.Partition.Profile));
        writer.Write(ClockField, (ulong)board.Clock.Now);
        writer.Write(DeviceCountField, (ulong)board.Devices.Count);
        for (int i = 0; i < board.Partition.Processors.Count; i++)
        {
            ProcessorState state = board.Partition.Processors[i].GetState();
            writer.WritePart((ushort)(FirstProcessorField + i), part => ProcessorStateFormat.Save(part, state));
        }

        for (int i = 0; i < board.Devices.Count; i++)
        {
            IDevice device = board.Devices[i];
            writer.WritePart((ushort)(FirstDeviceField + i), part =>
            {
                part.Write(NameField, System.Text.Encoding.UTF8.GetBytes(device.StateName));
                part.WritePart(StateField, device.Save);
            });
        }

        SnapshotWriter output = new(stream);
        output.Write(Mark);
        output.Write((ulong)writer.Written.Length);
        output.Write(writer.Written.Span);
        output.WriteChecksum();
        SavePages(board.Memory, output);
        output.WriteChecksum();
        output.Flush();
    }

    /// <summary>Replaces the state of a machine that stands still.</summary>
    /// <exception cref="InvalidDataException">The state is damaged or that of another configuration.</exception>
    public static void Restore(Board board, Stream stream)
    {
        try
        {
            SnapshotReader input = new(stream);
            RestoreParts(board, ReadHead(input));
            RestorePages(board.Memory, input);
            input.ExpectChecksum();
            input.ExpectEnd();
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The saved state ends too early.", e);
        }
    }

    /// <summary>Reads the head and compares it with a configuration.</summary>
    /// <exception cref="InvalidDataException">The state is damaged or that of another configuration.</exception>
    public static void CheckHead(Stream stream, ulong memorySize, int processorCount, CpuProfile profile)
    {
        try
        {
            Expect(ReadHead(new SnapshotReader(stream)), memorySize, processorCount, profile);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The saved state ends too early.", e);
        }
    }

    private static StateReader ReadHead(SnapshotReader input)
    {
        Span<byte> mark = stackalloc byte[8];
        input.Read(mark);
        if (!mark.SequenceEqual(Mark))
        {
            throw new InvalidDataException("This is not the saved state of a machine.");
        }

        ulong length = input.ReadUInt64();
        if (length > MaximumHead)
        {
            throw new InvalidDataException($"The saved state claims {length} bytes of devices and processors.");
        }

        byte[] head = new byte[(int)length];
        input.Read(head);
        input.ExpectChecksum();
        return new StateReader(head);
    }

    private static void RestoreParts(Board board, StateReader reader)
    {
        Expect(reader, board.Memory.Size, board.Partition.Processors.Count, board.Partition.Profile);
        Expect(reader.ReadUInt64(DeviceCountField), (ulong)board.Devices.Count, "devices");
        long now = (long)reader.ReadUInt64(ClockField);
        if (now < 0)
        {
            throw new InvalidDataException("The saved clock is negative.");
        }

        board.Clock.Set(now);
        for (int i = 0; i < board.Devices.Count; i++)
        {
            IDevice device = board.Devices[i];
            StateReader part = reader.ReadPart((ushort)(FirstDeviceField + i));
            string name = System.Text.Encoding.UTF8.GetString(part.ReadBytes(NameField).Span);
            if (name != device.StateName)
            {
                throw new InvalidDataException($"The saved state has the device '{name}' where this machine has '{device.StateName}'.");
            }

            device.Restore(part.ReadPart(StateField));
            part.End();
        }

        for (int i = 0; i < board.Partition.Processors.Count; i++)
        {
            board.Partition.Processors[i].SetState(ProcessorStateFormat.Restore(reader.ReadPart((ushort)(FirstProcessorField + i))));
        }

        reader.End();
    }

    private static void Expect(StateReader reader, ulong memorySize, int processorCount, CpuProfile profile)
    {
        Expect(reader.ReadUInt64(MemorySizeField), memorySize, "bytes of memory");
        Expect(reader.ReadUInt64(ProcessorCountField), (ulong)processorCount, "processors");
        Expect(reader.ReadUInt64(ProfileField), ProfileDigest(profile), "as the digest of its processor profile");
    }

    private static void Expect(ulong saved, ulong here, string what)
    {
        if (saved != here)
        {
            throw new InvalidDataException($"The saved machine has {saved} {what}, this one has {here}. Restore it into a machine of the same configuration.");
        }
    }

    // FNV-1a over the leaves in order: a saved guest has seen them and relies on them.
    private static ulong ProfileDigest(CpuProfile profile)
    {
        ulong digest = 0xCBF2_9CE4_8422_2325;
        List<(uint Leaf, uint Subleaf)> keys = [.. profile.Leaves.Keys];
        keys.Sort();
        foreach ((uint leaf, uint subleaf) in keys)
        {
            CpuidResult value = profile[leaf, subleaf];
            foreach (uint word in (ReadOnlySpan<uint>)[leaf, subleaf, value.Eax, value.Ebx, value.Ecx, value.Edx])
            {
                digest = unchecked((digest ^ word) * 0x100_0000_01B3);
            }
        }

        return digest;
    }

    private static void SavePages(GuestMemory memory, SnapshotWriter output)
    {
        for (ulong address = 0; address < memory.Limit; address += GuestMemory.PageSize)
        {
            if (memory.TryGetSpan(address, GuestMemory.PageSize, out Span<byte> page) && page.ContainsAnyExcept((byte)0))
            {
                output.Write(address);
                output.Write(page);
            }
        }

        output.Write(EndOfPages);
    }

    private static void RestorePages(GuestMemory memory, SnapshotReader input)
    {
        ulong next = 0;
        byte[] page = new byte[GuestMemory.PageSize];
        while (true)
        {
            ulong address = input.ReadUInt64();
            ClearPages(memory, next, Math.Min(address, memory.Limit));
            if (address == EndOfPages)
            {
                return;
            }

            input.Read(page);
            if (address < next || address % GuestMemory.PageSize != 0 || !memory.TryWrite(address, page))
            {
                throw new InvalidDataException($"The saved state holds a page at {address:X}h, out of order or outside memory.");
            }

            next = address + GuestMemory.PageSize;
        }
    }

    private static void ClearPages(GuestMemory memory, ulong start, ulong end)
    {
        for (ulong address = start; address < end; address += GuestMemory.PageSize)
        {
            if (memory.TryGetSpan(address, GuestMemory.PageSize, out Span<byte> page) && page.ContainsAnyExcept((byte)0))
            {
                page.Clear();
                memory.NoteWritten(address, GuestMemory.PageSize);
            }
        }
    }
}
