namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// 16- and 32-bit code: a far jump into a segment of the local descriptor table, and a far jump back behind the instruction. All
/// faults outside 64-bit code are the instruction's.
/// </summary>
internal sealed unsafe partial class NativeRunner
{
    private const int LegacyOffset = 0x1000;
    private const int LegacyLandingOffset = 0x874;
    private const int LegacyHandlerOffset = 0x1800;
    private const int PointerOffset = 0x1F00;
    private const int SavedCs = 184;
    private const int SavedSs = 190;
    private const ushort UserCode = 0x33;
    private const ushort UserData = 0x2B;
    private delegate* unmanaged<void> _enterLegacy;
    private byte* _legacyHandler;
    private byte* _legacyEpilogue;
    private byte* _legacyLanding;

    /// <summary>Offset of the instruction in its code segment.</summary>
    public ulong SlotOf(int bitness) => bitness == 16 ? SlotOffset : SlotAddress;

    /// <summary>Offset in its code segment of where a branch may go.</summary>
    public ulong LandingOf(int bitness) => bitness switch
    {
        16 => LegacyLandingOffset,
        32 => (ulong)(_code + LegacyLandingOffset),
        _ => LandingAddress,
    };

    /// <summary>Puts an instruction of 16- or 32-bit code in place.</summary>
    public void SetLegacyInstruction(ReadOnlySpan<byte> bytes, int bitness)
    {
        FarJump(new CodeWriter(_code + SlotOffset).Bytes(bytes), bitness, _legacyEpilogue);
        FarJump(new CodeWriter(_code + LegacyLandingOffset), bitness, _legacyLanding);
        *(uint*)(_code + PointerOffset) = (uint)SlotOf(bitness);
        *(ushort*)(_code + PointerOffset + 4) = bitness == 16 ? LegacySegments.Code16 : LegacySegments.Code32;
        *(ushort*)(_code + PointerOffset + 8) = bitness == 16 ? LegacySegments.Stack16 : LegacySegments.Data32;
    }

    /// <summary>Executes the instruction that <see cref="SetLegacyInstruction"/> has put in place.</summary>
    public void RunLegacy()
    {
        Context->Signal = 0;
        Context->Landed = 0;
        _enterLegacy();
    }

    // jmp 33h:target
    private static void FarJump(CodeWriter w, int bitness, byte* target)
    {
        if (bitness == 16)
        {
            w.Bytes(0x66);
        }

        w.Bytes(0xEA).Int32((long)target).Bytes((byte)UserCode, 0);
    }

    // mov eax, selector; mov gs, eax
    private static void LoadGs(CodeWriter w) => w.Bytes(0xB8).Int32(LegacySegments.Gs).Bytes(0x8E, 0xE8);

    private void EmitLegacy()
    {
        NativeContext* c = Context;
        _enterLegacy = (delegate* unmanaged<void>)(_code + LegacyOffset);
        CodeWriter w = new(_code + LegacyOffset);
        w.Bytes(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57).Store(4, &c->HostStack);
        LoadVectors(w);
        LoadGs(w);
        w.Bytes(0xB8).Int32(LegacySegments.Data32).Bytes(0x8E, 0xD8, 0x8E, 0xC0);
        w.Absolute([0xFF], 6, &c->FlagsIn).Bytes(0x9D);
        for (int i = 0; i < 8; i++)
        {
            if (i != 4)
            {
                w.Load(i, &c->In[i]);
            }
        }

        // mov ss,[stack]; then the stack pointer, in the shadow of the load; jmp far [pointer]
        w.Absolute([0x8E], 2, _code + PointerOffset + 8).Load(4, &c->In[4]).Absolute([0xFF], 5, _code + PointerOffset);

        _legacyEpilogue = w.Position;
        for (int i = 0; i < 16; i++)
        {
            w.Store(i, &c->Out[i]);
        }

        // mov rsp; pushfq; pop [FlagsOut]; cld; ss, ds, es, gs as they were
        w.Load(4, &c->HostStack).Bytes(0xB8).Int32(UserData).Bytes(0x8E, 0xD0);
        w.Bytes(0x9C).Absolute([0x8F], 0, &c->FlagsOut).Bytes(0xFC);
        w.Bytes(0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xE8);
        StoreVectors(w);
        w.Bytes(0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5D, 0x5B, 0xC3);
        _legacyLanding = w.Position;
        w.StoreOne(&c->Landed).Jump(_legacyEpilogue);
        if (w.Position > _code + LegacyHandlerOffset)
        {
            throw new InvalidOperationException("Entry routine too long");
        }

        EmitLegacyHandler();
    }

    // As the handler of 64-bit code, and back to 64-bit segments.
    private void EmitLegacyHandler()
    {
        NativeContext* c = Context;
        const int Rip = 168;
        const int Error = 192;
        const int Trap = 200;
        const int Cr2 = 216;
        _legacyHandler = _code + LegacyHandlerOffset;
        CodeWriter w = new(_legacyHandler);
        w.Store(7, &c->Signal);
        foreach ((int offset, nint field) in (ReadOnlySpan<(int, nint)>)[
            (Rip, (nint)(&c->FaultRip)), (Error, (nint)(&c->ErrorCode)), (Trap, (nint)(&c->TrapNumber)), (Cr2, (nint)(&c->Cr2))])
        {
            w.Bytes(0x48, 0x8B, 0x82).Int32(offset).Store(0, (void*)field);
        }

        // mov qword [rdx+rip], epilogue; mov word [rdx+cs], 33h; mov word [rdx+ss], 2Bh; ret
        w.Bytes(0x48, 0xC7, 0x82).Int32(Rip).Int32((long)_legacyEpilogue);
        w.Bytes(0x66, 0xC7, 0x82).Int32(SavedCs).Bytes((byte)UserCode, 0);
        w.Bytes(0x66, 0xC7, 0x82).Int32(SavedSs).Bytes((byte)UserData, 0);
        w.Bytes(0xC3);
    }
}
