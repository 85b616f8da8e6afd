using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>How the bootstrap processor enters a kernel.</summary>
internal abstract record EntryState
{
    private const ushort Code32 = 0x0C9B;
    private const ushort Code64 = 0x0A9B;
    private const ushort Data = 0x0C93;
    private const ushort BusyTask = 0x008B;

    /// <summary>Changes the state after reset into that at entry.</summary>
    public abstract void Apply(ProcessorState state);

    private static void SetSegments(ProcessorState state, SegmentState code, SegmentState data)
    {
        for (int i = 0; i < state.Segments.Length; i++)
        {
            state.Segments[i] = i == 1 ? code : data;
        }

        state.Tr = new SegmentState(0, BusyTask, 0x67, 0);
        state.Rflags = 2;

        // After reset every x87 exception is unmasked; firmware leaves what FNINIT sets.
        BinaryPrimitives.WriteUInt16LittleEndian(state.Fx, 0x37F);
    }

    /// <summary>32-bit protected mode, flat, without paging: PVH and multiboot.</summary>
    internal sealed record Protected(uint Entry, uint Eax, uint Ebx, ushort CodeSelector, ushort DataSelector) : EntryState
    {
        /// <inheritdoc/>
        public override void Apply(ProcessorState state)
        {
            SetSegments(
                state, new SegmentState(CodeSelector, Code32, uint.MaxValue, 0), new SegmentState(DataSelector, Data, uint.MaxValue, 0));
            state.Cr0 = 0x11;
            state.Cr3 = 0;
            state.Cr4 = 0;
            state.Efer = 0;
            state.Rip = Entry;
            state.Gpr.AsSpan().Clear();
            state.Gpr[0] = Eax;
            state.Gpr[3] = Ebx;
        }
    }

    /// <summary>64-bit mode with identity page tables: Linux's 64-bit boot protocol.</summary>
    internal sealed record Long(ulong Entry, ulong PageTables, ulong Rsi) : EntryState
    {
        /// <inheritdoc/>
        public override void Apply(ProcessorState state)
        {
            SetSegments(state, new SegmentState(0x10, Code64, uint.MaxValue, 0), new SegmentState(0x18, Data, uint.MaxValue, 0));
            state.GdtrBase = BootLayout.Descriptors;
            state.GdtrLimit = 0x1F;
            state.Cr0 = 0x8000_0011;
            state.Cr3 = PageTables;
            state.Cr4 = 0x20;
            state.Efer = 0x500;
            state.Rip = Entry;
            state.Gpr.AsSpan().Clear();
            state.Gpr[6] = Rsi;
        }
    }
}
