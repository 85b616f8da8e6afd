using Nestvisor.Virtualization;

namespace Nestvisor.Machine.State;

/// <summary>The saved form of <see cref="ProcessorState"/>. Field numbers are never used again for another meaning.</summary>
internal static class ProcessorStateFormat
{
    private const int SegmentCount = 6;

    public static void Save(StateWriter writer, ProcessorState state)
    {
        writer.Write(1, state.Gpr);
        writer.Write(2, state.Rip);
        writer.Write(3, state.Rflags);
        for (int i = 0; i < SegmentCount; i++)
        {
            WriteSegment(writer, (ushort)(4 + i), state.Segments[i]);
        }

        WriteSegment(writer, 10, state.Ldtr);
        WriteSegment(writer, 11, state.Tr);
        writer.Write(12, [state.GdtrBase, state.GdtrLimit, state.IdtrBase, state.IdtrLimit]);
        writer.Write(13, [state.Cr0, state.Cr2, state.Cr3, state.Cr4, state.Cr8, state.Efer, state.Xcr0]);
        writer.Write(14, state.Dr);
        writer.Write(15, state.Fx);
        writer.Write(16, state.YmmHigh);
        writer.Write(17, (ulong)state.Pkru);
        ulong[] msrs = new ulong[state.Msrs.Count * 2];
        int at = 0;
        foreach ((uint msr, ulong value) in state.Msrs)
        {
            msrs[at++] = msr;
            msrs[at++] = value;
        }

        writer.Write(18, msrs);
        writer.Write(19, state.LocalApic);
        writer.Write(20, (ulong)state.Activity);
        writer.Write(21, (ulong)state.InterruptShadow);
        writer.Write(22, state.NmiBlocked);
        writer.Write(23, state.NmiPending);
        writer.Write(24, state.PendingEvent);
        writer.Write(25, state.Nested);
    }

    /// <exception cref="InvalidDataException">A field has another size, is missing or out of range.</exception>
    public static ProcessorState Restore(StateReader reader)
    {
        ProcessorState state = new();
        reader.ReadUInt64s(1, state.Gpr);
        state.Rip = reader.ReadUInt64(2);
        state.Rflags = reader.ReadUInt64(3, 2);
        for (int i = 0; i < SegmentCount; i++)
        {
            state.Segments[i] = ReadSegment(reader, (ushort)(4 + i));
        }

        state.Ldtr = ReadSegment(reader, 10);
        state.Tr = ReadSegment(reader, 11);
        Span<ulong> tables = stackalloc ulong[4];
        reader.ReadUInt64s(12, tables);
        (state.GdtrBase, state.GdtrLimit, state.IdtrBase, state.IdtrLimit) = (tables[0], (ushort)tables[1], tables[2], (ushort)tables[3]);
        Span<ulong> control = [0, 0, 0, 0, 0, 0, 1];
        reader.ReadUInt64s(13, control);
        (state.Cr0, state.Cr2, state.Cr3, state.Cr4) = (control[0], control[1], control[2], control[3]);
        (state.Cr8, state.Efer, state.Xcr0) = (control[4], control[5], control[6]);
        reader.ReadUInt64s(14, state.Dr);
        reader.ReadBytes(15, state.Fx);
        reader.ReadBytes(16, state.YmmHigh);
        state.Pkru = (uint)reader.ReadUInt64(17);
        ReadMsrs(reader, state);
        reader.ReadBytes(19, state.LocalApic);
        ulong activity = reader.ReadUInt64(20);
        if (activity > (ulong)ProcessorActivity.Shutdown)
        {
            throw new InvalidDataException($"The saved state holds the unknown processor activity {activity}.");
        }

        state.Activity = (ProcessorActivity)activity;
        state.InterruptShadow = (byte)reader.ReadUInt64(21);
        state.NmiBlocked = reader.ReadBoolean(22);
        state.NmiPending = reader.ReadBoolean(23);
        state.PendingEvent = reader.ReadUInt64(24);
        state.Nested = reader.ReadBytes(25).ToArray();
        reader.End();
        return state;
    }

    private static void ReadMsrs(StateReader reader, ProcessorState state)
    {
        ReadOnlyMemory<byte> bytes = reader.ReadBytes(18);
        if (bytes.Length % 16 != 0)
        {
            throw new InvalidDataException("The saved model-specific registers are cut off.");
        }

        ulong[] msrs = new ulong[bytes.Length / 8];
        reader.ReadUInt64s(18, msrs);
        for (int i = 0; i < msrs.Length; i += 2)
        {
            state.Msrs[(uint)msrs[i]] = msrs[i + 1];
        }
    }

    private static void WriteSegment(StateWriter writer, ushort field, in SegmentState segment) =>
        writer.Write(field, [segment.Selector, segment.Attributes, segment.Limit, segment.Base]);

    private static SegmentState ReadSegment(StateReader reader, ushort field)
    {
        Span<ulong> values = stackalloc ulong[4];
        reader.ReadUInt64s(field, values);
        return new SegmentState((ushort)values[0], (ushort)values[1], (uint)values[2], values[3]);
    }
}
