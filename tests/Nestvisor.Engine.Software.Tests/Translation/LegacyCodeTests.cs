using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>32-bit code is native where it can be, and means what it means in 32-bit code.</summary>
public sealed class LegacyCodeTests
{
    private const int Rounds = 1000;
    private const uint Function = 0x20_0000;
    private const uint OtherFunction = 0x20_1800;
    private const uint Data = 0x2A_0000;
    private const uint Patched = (uint)BareGuest.Code + 0x1B;

    // The last page of 4 GiB; the page tables of bare guests end before.
    private const uint LastPage = 0xFFFF_F000;
    private const ulong LastDirectory = 0x2B_0000;
    private const ulong LastTable = 0x2B_1000;
    private const ulong LastFrame = 0x2B_2000;

    [Fact]
    public void Loop_OfCompatibilityMode_RetiresNatively()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = LegacyGuest.Create(new SoftwareEngineOptions { TranslateAfter = 0 });
        RunLoop(guest);
        AssertNative(guest);
    }

    /// <summary>The same in protected mode without long mode, where nothing is paged.</summary>
    [Fact]
    public void Loop_OfProtectedMode_RetiresNatively()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = LegacyGuest.Create(new SoftwareEngineOptions { TranslateAfter = 0 });
        ProcessorState state = LegacyGuest.EntryState();
        state.Cr0 &= ~Cr0.PG;
        state.Cr4 &= ~Cr4.PAE;
        state.Efer = 0;
        guest.Processor.SetState(state);
        RunLoop(guest);
        AssertNative(guest);
    }

    /// <summary>As in 32-bit programs of 64-bit Linux: FS is null, and GS has the base of the thread's storage.</summary>
    [Fact]
    public void Loop_WithThreadStorageInGsAndNullFs_RetiresNatively()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = LegacyGuest.Create(new SoftwareEngineOptions { TranslateAfter = 0 });
        guest.Write(LegacyGuest.Elsewhere + Data, 3);
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            a.xor(eax, eax);
            a.mov(fs, eax);
            a.mov(eax, LegacyGuest.BasedData);
            a.mov(gs, eax);
            a.xor(ebx, ebx);
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.add(ebx, __dword_ptr.gs[Data]);
            a.inc(__dword_ptr.gs[Data + 4]);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(3UL * Rounds, guest.Processor.GetState().Gpr[3]);
        Assert.Equal((uint)Rounds, (uint)guest.Read(LegacyGuest.Elsewhere + Data + 4));
        AssertNative(guest);
    }

    /// <summary>Blocks that are linked in one mode are not entered in the other, and R8 to R15 survive 32-bit code.</summary>
    [Fact]
    public void Code_GoesBetweenModesByFarJumps_EachRunsItsOwn()
    {
        const uint Pointer = Data + 0x100;
        using BareGuest guest = new();
        using BareGuest descriptors = LegacyGuest.Create();
        guest.Write(BareGuest.Gdt + LegacyGuest.Code32, descriptors.Read(BareGuest.Gdt + LegacyGuest.Code32));
        guest.Write(Pointer, Function | ((ulong)LegacyGuest.Code32 << 32));
        guest.Assemble(
            Function,
            a =>
            {
                // In 64-bit code 48h is a prefix: DEC EAX; ADD EBX, EAX would be one instruction.
                Label again = a.CreateLabel();
                Label call = a.CreateLabel();
                a.mov(eax, 5);
                a.Label(ref again);
                a.db(0x48);
                a.add(ebx, eax);
                a.call(call);
                a.test(eax, eax);
                a.jne(again);
                LegacyGuest.FarJump(a, BareGuest.CodeSelector, (uint)BareGuest.Code + 0x800);
                a.Label(ref call);
                a.inc(edi);
                a.ret();
            },
            bitness: 32);

        // The same bytes as 64-bit code.
        guest.Assemble(BareGuest.Code + 0x800, a =>
        {
            a.db(0x48);
            a.add(ebx, eax);
            a.add(r8, r9);
            a.jmp(BareGuest.Code + 0x400);
        });
        guest.Assemble(BareGuest.Code + 0x400, a =>
        {
            Label done = a.CreateLabel();
            a.dec(r15d);
            a.je(done);
            a.mov(rax, 0x7_0000_0000);
            a.db(0xFF, 0x2C, 0x25);
            a.dd(Pointer);
            a.Label(ref done);
            BareGuest.Stop(a);
        });
        guest.Run(a =>
        {
            a.mov(r15d, 101);
            a.xor(r8d, r8d);
            a.mov(r9, 0x1_0000_0001);
            a.xor(ebx, ebx);
            a.xor(edi, edi);
            a.jmp(BareGuest.Code + 0x400);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(100UL * (4 + 3 + 2 + 1), state.Gpr[3]);
        Assert.Equal(100UL * 5, state.Gpr[7]);
        Assert.Equal(100UL * 0x1_0000_0001, state.Gpr[8]);
    }

    [Fact]
    public void Code_OverwritesAFunction_RunsTheNewOne()
    {
        using BareGuest guest = LegacyGuest.Create();
        guest.Assemble(
            Function,
            a =>
            {
                a.mov(eax, 0);
                a.ret();
            },
            bitness: 32);
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            a.xor(ebx, ebx);
            a.mov(ecx, 100);
            a.Label(ref again);
            a.mov(__dword_ptr[Function + 1], ecx);
            a.call(Function);
            a.add(ebx, eax);

            // And the instruction behind the store.
            a.mov(__byte_ptr[Patched], cl);
            a.mov(al, 0x55);
            a.movzx(eax, al);
            a.add(ebx, eax);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(2UL * 5050, guest.Processor.GetState().Gpr[3]);
    }

    /// <summary>Calls of each kind, on the page and off it, with arguments on the stack.</summary>
    [Fact]
    public void Calls_OfEachKind_ComeBack()
    {
        using BareGuest guest = LegacyGuest.Create();
        guest.Write(Data, OtherFunction);
        guest.Assemble(
            OtherFunction,
            a =>
            {
                a.push(ebp);
                a.mov(ebp, esp);
                a.mov(eax, __dword_ptr[ebp + 8]);
                a.add(eax, __dword_ptr[ebp + 12]);
                a.leave();
                a.ret(8);
            },
            bitness: 32);
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            Label near = a.CreateLabel();
            a.xor(ebx, ebx);
            a.mov(ecx, 50);
            a.mov(esi, OtherFunction);
            a.Label(ref again);
            a.push(ecx);
            a.push(1);
            a.call(OtherFunction);
            a.add(ebx, eax);
            a.push(0x1000);
            a.push(__dword_ptr[esp]);
            a.call(esi);
            a.add(ebx, eax);
            a.push(-1);
            a.push(ecx);
            a.call(__dword_ptr[Data]);
            a.add(ebx, eax);
            a.call(near);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
            a.Label(ref near);
            a.inc(edi);
            a.ret();
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal((2UL * 1275) + (50 * 0x2000), state.Gpr[3]);
        Assert.Equal(50UL, state.Gpr[7]);
        Assert.Equal(BareGuest.StackTop, state.Gpr[4]);
    }

    /// <summary>Code, branches, return addresses, operands and the stack go on at 0 behind the end of 4 GiB.</summary>
    [Fact]
    public void Addresses_AtTheEndOf4Gib_Wrap()
    {
        const uint End = LastPage + 0xFF0;
        using BareGuest guest = LegacyGuest.Create();
        MapLastPage(guest);

        // At the end: a call of the code behind the start, which returns to the start.
        byte[] end = [.. Enumerable.Repeat((byte)0x90, 10), 0x43, 0xE8, .. BitConverter.GetBytes(0x100u)];
        Assert.True(guest.Memory.TryWrite(LastFrame + 0xFF0, end));
        guest.Assemble(
            0,
            a =>
            {
                Label out32 = a.CreateLabel();
                a.dec(ecx);
                a.je(out32);
                a.db([0xE9, .. BitConverter.GetBytes(End - 8)]);
                a.Label(ref out32);
                a.push(Function);
                a.ret();
            },
            bitness: 32);
        guest.Assemble(
            0x100,
            a =>
            {
                a.add(ebx, __dword_ptr[esi + edi * 4 + 0x10]);
                a.push(0x77);
                a.pop(eax);
                a.ret();
            },
            bitness: 32);
        guest.Assemble(Function, BareGuest.Stop, bitness: 32);
        guest.Write(0x200, 0x1000);
        LegacyGuest.Run(guest, a =>
        {
            a.xor(ebx, ebx);
            a.mov(ecx, 50);
            a.mov(esi, 0x8000_0000);
            a.mov(edi, 0x2000_007C);
            a.mov(esp, Data);
            a.jmp(End);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(50UL * 0x1001, state.Gpr[3]);
        Assert.Equal(0x77UL, state.Gpr[0]);
    }

    [Fact]
    public void Code_OverTheEndOf4Gib_GoesOnAtTheStart()
    {
        const uint Last = 0xFFFF_FFF8;
        using BareGuest guest = LegacyGuest.Create();
        MapLastPage(guest);
        Assert.True(guest.Memory.TryWrite(LastFrame + 0xFF8, [0x43, 0x43, 0x43, 0x43, 0x43, 0x43, 0x43, 0x43]));
        Assert.True(guest.Memory.TryWrite(0, [0x49, 0x0F, 0x85, .. BitConverter.GetBytes(Last - 7), 0xE6, (byte)RecordingBus.StopPort]));
        LegacyGuest.Run(guest, a =>
        {
            a.xor(ebx, ebx);
            a.mov(ecx, 50);
            a.jmp(Last);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(50UL * 8, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Stack_AtZero_WrapsBelow4Gib()
    {
        using BareGuest guest = LegacyGuest.Create();
        MapLastPage(guest);
        guest.Write(0, 0x66);
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 50);
            a.Label(ref again);
            a.xor(esp, esp);
            a.push(ecx);
            a.mov(esi, esp);
            a.pop(ebx);
            a.pop(edx);
            a.mov(edi, esp);

            // Half of it is at the end, half at the start.
            a.mov(ebp, __dword_ptr[esi + 2]);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal((1UL, 0x66UL), (state.Gpr[3], state.Gpr[2]));
        Assert.Equal((4UL, 0xFFFF_FFFCUL, 0x66_0000UL), (state.Gpr[7], state.Gpr[6], state.Gpr[5]));
    }

    [Fact]
    public void SystemRegisters_OfA32BitKernel_AreRead()
    {
        using BareGuest guest = LegacyGuest.Create();
        LegacyGuest.Run(guest, a =>
        {
            a.mov(eax, cr3);
            a.mov(ebx, cr0);
            a.mov(ecx, ss);
            a.stc();
            a.pushfd();
            a.pop(edx);
            a.cli();
            a.mov(esi, esp);
            BareGuest.Stop(a);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal((BareGuest.Pml4, BareGuest.EntryState().Cr0), (state.Gpr[0], state.Gpr[3]));
        Assert.Equal((BareGuest.DataSelector, BareGuest.StackTop), (state.Gpr[1], state.Gpr[6]));
        Assert.Equal(3UL, state.Gpr[2]);
    }

    private static void RunLoop(BareGuest guest)
    {
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            a.xor(ebx, ebx);
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.push(ecx);
            a.mov(__dword_ptr[ecx + (int)Data], ecx);
            a.pop(eax);
            a.add(ebx, eax);
            a.db(0xA1);
            a.dd(Data + 1);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal((ulong)Rounds * (Rounds + 1) / 2, guest.Processor.GetState().Gpr[3]);
    }

    private static void MapLastPage(BareGuest guest)
    {
        guest.Write(BareGuest.Pdpt + 24, LastDirectory | 7);
        guest.Write(LastDirectory + 0xFF8, LastTable | 7);
        guest.Write(LastTable + 0xFF8, LastFrame | 7);
    }

    private static void AssertNative(BareGuest guest)
    {
        Assert.Equal(-1, guest.UnexpectedVector);
        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Assert.InRange(counters["blocksTranslated"], 2, 100);
        Assert.InRange(counters["instructions"], 1, Rounds / 2);
    }
}
