using System.Buffers.Binary;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Reset, INIT, and the way in and out for the whole state.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ushort BreakpointHitsField = 101;
    private const ushort NmiCountField = 102;

    /// <inheritdoc/>
    public override void Reset()
    {
        VpState* s = State;
        InitState();
        s->Xcr0 = 1;
        s->Pkru = 0;
        s->Cr0 = Cr0.CD | Cr0.NW | Cr0.ET;
        Span<byte> vector = new(s->Vector, VectorSize);
        vector.Clear();
        *(ushort*)s->Vector = 0x040;
        *(uint*)(s->Vector + 24) = 0x1F80;
        ResetMsrs();
        ResetNested();
        Apic.Reset();
        UpdateApicPage();
        Activity = Index == 0 ? ProcessorActivity.Running : ProcessorActivity.WaitForSipi;
        _shutdown = false;
        _stopRequested = false;
        _nmiPending = 0;
        _hits = 0;
        NmiBlocked = false;
        FailureReason = null;
        _contexts.FlushEverything();
        _blocks.Clear();
        SelectContext();
        UpdateMode();
    }

    /// <inheritdoc/>
    public override ProcessorState GetState()
    {
        VpState* s = State;
        ProcessorState state = new()
        {
            Rip = s->Rip,
            Rflags = LazyFlags.Read(s),
            Ldtr = s->Ldtr.ToState(),
            Tr = s->Tr.ToState(),
            GdtrBase = s->GdtrBase,
            GdtrLimit = (ushort)s->GdtrLimit,
            IdtrBase = s->IdtrBase,
            IdtrLimit = (ushort)s->IdtrLimit,
            Cr0 = s->Cr0,
            Cr2 = s->Cr2,
            Cr3 = s->Cr3,
            Cr4 = s->Cr4,
            Cr8 = Apic.Cr8,
            Efer = s->Efer,
            Xcr0 = s->Xcr0,
            Pkru = s->Pkru,
            Activity = Activity,
            InterruptShadow = s->InterruptShadow,
            NmiBlocked = NmiBlocked,
            NmiPending = _nmiPending != 0,
        };
        for (int i = 0; i < 16; i++)
        {
            state.Gpr[i] = s->Gpr[i];
        }

        for (int i = 0; i < 6; i++)
        {
            state.Segments[i] = (&s->Es)[i].ToState();
        }

        for (int i = 0; i < 8; i++)
        {
            state.Dr[i] = s->Dr[i];
        }

        new ReadOnlySpan<byte>(s->Vector, 512).CopyTo(state.Fx);

        // Instructions of the host's that store the state leave its own mask there.
        BinaryPrimitives.WriteUInt32LittleEndian(state.Fx.AsSpan(VectorArea.MxcsrMask), VectorArea.MxcsrBits);
        new ReadOnlySpan<byte>(s->Vector + 576, 256).CopyTo(state.YmmHigh);
        SaveMsrs(state.Msrs);
        Apic.SavePage(state.LocalApic);
        StateWriter nested = new();
        SaveNested(nested);
        nested.WritePart(NestedStateApicField, Apic.SaveExtra);
        nested.Write(BreakpointHitsField, _hits);
        nested.Write(NmiCountField, (ulong)_nmiPending);
        state.Nested = nested.Written.ToArray();
        return state;
    }

    /// <inheritdoc/>
    public override void SetState(ProcessorState state)
    {
        VpState* s = State;
        for (int i = 0; i < 16; i++)
        {
            s->Gpr[i] = state.Gpr[i];
        }

        for (int i = 0; i < 6; i++)
        {
            (&s->Es)[i] = SegmentRegister.From(state.Segments[i]);
        }

        for (int i = 0; i < 8; i++)
        {
            s->Dr[i] = state.Dr[i];
        }

        s->Rip = state.Rip;
        LazyFlags.Write(s, state.Rflags);
        s->Ldtr = SegmentRegister.From(state.Ldtr);
        s->Tr = SegmentRegister.From(state.Tr);
        s->GdtrBase = state.GdtrBase;
        s->GdtrLimit = state.GdtrLimit;
        s->IdtrBase = state.IdtrBase;
        s->IdtrLimit = state.IdtrLimit;
        s->Cr0 = state.Cr0;
        s->Cr2 = state.Cr2;
        s->Cr3 = state.Cr3;
        s->Cr4 = state.Cr4;
        s->Efer = state.Efer;
        s->Xcr0 = state.Xcr0;
        s->Pkru = state.Pkru;
        s->Cpl = (s->Cr0 & Cr0.PE) == 0 ? 0 : (s->SystemFlags & Rflags.VM) != 0 ? 3 : s->Ss.Dpl;
        s->InterruptShadow = state.InterruptShadow;
        Activity = state.Activity;
        NmiBlocked = state.NmiBlocked;
        _nmiPending = state.NmiPending ? 1 : 0;
        _shutdown = state.Activity == ProcessorActivity.Shutdown;
        state.Fx.CopyTo(new Span<byte>(s->Vector, 512));
        state.YmmHigh.CopyTo(new Span<byte>(s->Vector + 576, 256));
        *(ulong*)(s->Vector + 512) = 7;
        *VectorArea.MxcsrOf(s) &= VectorArea.MxcsrBits;
        VectorArea.NormalizeX87(s->Vector);
        RestoreMsrs(state.Msrs);
        Apic.Restore(state.LocalApic, state.Msrs.GetValueOrDefault(Msr.ApicBase, Apic.Base), state.Msrs.GetValueOrDefault(Msr.TscDeadline));
        Apic.Cr8 = state.Cr8;
        if (state.Nested.Length != 0)
        {
            StateReader nested = new(state.Nested);
            Apic.RestoreExtra(nested.ReadPart(NestedStateApicField));
            RestoreNested(nested);
            _hits = nested.ReadUInt64(BreakpointHitsField);
            _nmiPending = (int)Math.Min(nested.ReadUInt64(NmiCountField, (ulong)_nmiPending), 2);
        }
        else
        {
            ResetNested();
            _hits = 0;
        }

        UpdateApicPage();
        UpdateBreakpoints();
        _contexts.FlushEverything();
        _blocks.Clear();
        SelectContext();
        UpdateMode();
        Volatile.Write(ref s->Attention, 1);
    }

    // The state after INIT (AMD APM vol. 2 table 14-1); x87, SSE and most MSRs keep theirs.
    private void InitState()
    {
        VpState* s = State;
        for (int i = 0; i < 16; i++)
        {
            s->Gpr[i] = 0;
        }

        s->Gpr[2] = Partition.Profile[1, 0].Eax;
        s->Rip = 0xFFF0;
        LazyFlags.Write(s, 2);
        s->Cr0 = (s->Cr0 & (Cr0.CD | Cr0.NW)) | Cr0.ET;
        s->Cr2 = s->Cr3 = s->Cr4 = s->Efer = 0;
        for (int i = 0; i < 6; i++)
        {
            (&s->Es)[i] = new SegmentRegister { Limit = 0xFFFF, Attributes = 0x93 };
        }

        s->Cs = new SegmentRegister { Selector = 0xF000, Base = 0xFFFF_0000, Limit = 0xFFFF, Attributes = 0x9B };
        s->Ldtr = new SegmentRegister { Limit = 0xFFFF, Attributes = 0x82 };
        s->Tr = new SegmentRegister { Limit = 0xFFFF, Attributes = 0x8B };
        s->GdtrBase = s->IdtrBase = 0;
        s->GdtrLimit = s->IdtrLimit = 0xFFFF;
        for (int i = 0; i < 4; i++)
        {
            s->Dr[i] = 0;
        }

        s->Dr[6] = 0xFFFF_0FF0;
        s->Dr[7] = 0x400;
        s->Cpl = 0;
        s->InterruptShadow = 0;
        UpdateBreakpoints();
        _contexts.FlushEverything();
        if (_contexts.Current is not null)
        {
            SelectContext();
        }
    }

    private void UpdateApicPage()
    {
        ulong page = Apic.Base & ~0xFFFUL;
        bool mapped = Apic.Mode == Software.Apic.ApicMode.XApic;
        if (page != _apicPage || mapped != _apicMapped)
        {
            _apicPage = page & ((1UL << CpuLimits.PhysicalAddressBits) - 1);
            _apicMapped = mapped;
            _contexts.FlushEverything();
        }
    }

    private void ReadApic(int offset, byte* target, int length)
    {
        ulong value = Apic.Read((uint)offset, length);
        Buffer.MemoryCopy(&value, target, length, Math.Min(length, 8));
    }

    private void WriteApic(int offset, byte* source, int length)
    {
        ulong value = 0;
        Buffer.MemoryCopy(source, &value, 8, Math.Min(length, 8));
        Apic.Write((uint)offset, length, value);
        Volatile.Write(ref State->Attention, 1);
    }
}
