using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>An instruction whose operand is not there, not wholly there or not writable changes nothing before it faults.</summary>
public sealed unsafe class FaultAtomicityTests
{
    private const ulong First = 0x60_0000;
    private const ulong Second = 0x60_1000;
    private const ulong Frame = 0x70_0000;
    private const ulong FaultStack = 0x18_0000;
    private const ulong Elsewhere = 0x30_0000;

    private static readonly Dictionary<string, (int Size, bool Writes, Action<Assembler, AssemblerMemoryOperand> Emit)> s_forms = new()
    {
        ["mov load"] = (8, false, (a, m) => a.mov(rax, m)),
        ["mov store"] = (8, true, (a, m) => a.mov(m, rax)),
        ["mov store word"] = (2, true, (a, m) => a.mov(m, ax)),
        ["add"] = (8, true, (a, m) => a.add(m, rax)),
        ["lock add"] = (8, true, (a, m) => a.@lock.add(m, rax)),
        ["adc dword"] = (4, true, (a, m) => a.adc(m, eax)),
        ["inc"] = (4, true, (a, m) => a.inc(__dword_ptr[m])),
        ["neg"] = (8, true, (a, m) => a.neg(__qword_ptr[m])),
        ["shl"] = (8, true, (a, m) => a.shl(__qword_ptr[m], 3)),
        ["rcr"] = (4, true, (a, m) => a.rcr(__dword_ptr[m], cl)),
        ["shld"] = (8, true, (a, m) => a.shld(m, rbx, 5)),
        ["bts"] = (4, true, (a, m) => a.bts(__dword_ptr[m], 3)),
        ["xchg"] = (8, true, (a, m) => a.xchg(m, rbx)),
        ["xadd"] = (8, true, (a, m) => a.xadd(m, rbx)),
        ["cmpxchg"] = (8, true, (a, m) => a.cmpxchg(m, rbx)),
        ["cmpxchg8b"] = (8, true, (a, m) => a.cmpxchg8b(__qword_ptr[m])),
        ["movbe"] = (8, true, (a, m) => a.movbe(m, rbx)),
        ["setc"] = (1, true, (a, m) => a.setc(m)),
        ["mul"] = (8, false, (a, m) => a.mul(__qword_ptr[m])),
        ["div"] = (4, false, (a, m) => a.div(__dword_ptr[m])),
        ["bsf"] = (8, false, (a, m) => a.bsf(rax, m)),
        ["crc32"] = (8, false, (a, m) => a.crc32(rbx, __qword_ptr[m])),
        ["push"] = (8, false, (a, m) => a.push(__qword_ptr[m])),
        ["pop"] = (8, true, (a, m) => a.pop(__qword_ptr[m])),
        ["call"] = (8, false, (a, m) => a.call(__qword_ptr[m])),
        ["jmp far"] = (6, false, (a, m) => a.jmp(__fword_ptr[m])),
        ["call far"] = (6, false, (a, m) => a.call(__fword_ptr[m])),
        ["lgdt"] = (10, false, (a, m) => a.lgdt(m)),
        ["sgdt"] = (10, true, (a, m) => a.sgdt(m)),
        ["lfs"] = (6, false, (a, m) => a.lfs(ebx, m)),
        ["mov fs"] = (2, false, (a, m) => a.mov(fs, m)),
        ["str"] = (2, true, (a, m) => a.str(__word_ptr[m])),
        ["movups load"] = (16, false, (a, m) => a.movups(xmm1, m)),
        ["movups store"] = (16, true, (a, m) => a.movups(m, xmm1)),
        ["movdqu load"] = (16, false, (a, m) => a.movdqu(xmm1, m)),
        ["movsd store"] = (8, true, (a, m) => a.movsd(m, xmm1)),
        ["paddd mm"] = (8, false, (a, m) => a.paddd(mm1, m)),
        ["cvtsi2sd"] = (8, false, (a, m) => a.cvtsi2sd(xmm1, __qword_ptr[m])),
        ["fld"] = (10, false, (a, m) => a.fld(__tbyte_ptr[m])),
        ["fstp"] = (10, true, (a, m) => a.fstp(__tbyte_ptr[m])),
        ["fistp"] = (8, true, (a, m) => a.fistp(__qword_ptr[m])),
        ["fbstp"] = (10, true, (a, m) => a.fbstp(m)),
        ["fadd"] = (8, false, (a, m) => a.fadd(__qword_ptr[m])),
        ["fnstcw"] = (2, true, (a, m) => a.fnstcw(m)),
        ["fldcw"] = (2, false, (a, m) => a.fldcw(m)),
        ["fnstenv"] = (28, true, (a, m) => a.fnstenv(__[m])),
        ["fldenv"] = (28, false, (a, m) => a.fldenv(__[m])),
        ["fnsave"] = (108, true, (a, m) => a.fnsave(__[m])),
        ["frstor"] = (108, false, (a, m) => a.frstor(__[m])),
        ["stmxcsr"] = (4, true, (a, m) => a.stmxcsr(m)),
        ["ldmxcsr"] = (4, false, (a, m) => a.ldmxcsr(m)),
    };

    public static TheoryData<string> Forms => new(s_forms.Keys);

    [Theory]
    [MemberData(nameof(Forms))]
    public void Instruction_OperandNotThere_ChangesNothing(string form)
    {
        (int size, bool writes, Action<Assembler, AssemblerMemoryOperand> emit) = s_forms[form];
        using BareGuest guest = new();
        Prepare(guest);
        ulong entry1 = guest.EntryOf(First);
        ulong entry2 = guest.EntryOf(Second);
        guest.Assemble(BareGuest.Code, a => emit(a, __[rdi]));
        foreach ((ulong flags1, ulong flags2) in (ReadOnlySpan<(ulong, ulong)>)[(7, 0), (0, 7), (0, 0), (7, 5), (5, 7), (5, 5)])
        {
            bool readOnly = flags1 + flags2 is not (0 or 7);
            if (readOnly && !writes)
            {
                continue;
            }

            foreach (int inFirst in (ReadOnlySpan<int>)[size, size - 1, size / 2, 1, 0])
            {
                if (inFirst < 0 || (inFirst == 0 && flags2 == 7) || (inFirst == size && flags1 == 7))
                {
                    continue;
                }

                guest.Write(entry1, Frame | flags1);
                guest.Write(entry2, (Frame + 0x1000) | flags2);
                Check(guest, $"{form}, {inFirst} of {size} bytes, {flags1}/{flags2}", Second - (ulong)inFirst, inFirst == 0 || flags1 == 7);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RepeatedMove_DestinationEnds_HasMovedWhatItCould(bool backward)
    {
        using BareGuest guest = new();
        Prepare(guest);
        guest.Map(First, Frame, backward ? 0UL : 7);
        guest.Map(Second, Frame + 0x1000, backward ? 7UL : 0);
        ProcessorState state = Entry();
        state.Gpr[1] = 1000;
        state.Gpr[6] = Elsewhere + (backward ? 0x2000u : 0);
        state.Gpr[7] = backward ? Second + 96 : Second - 100;
        state.Rflags |= backward ? Rflags.DF : 0;
        guest.Assemble(BareGuest.Code, a => a.rep.movsd());
        guest.Processor.SetState(state);
        guest.Run();
        Assert.Equal(14, guest.UnexpectedVector);
        ProcessorState after = guest.Processor.GetState();
        Assert.Equal(975UL, after.Gpr[1]);
        Assert.Equal(backward ? Second - 4 : Second, after.Gpr[7]);
        Assert.Equal(backward ? Second - 4 : Second, after.Cr2);
        Assert.Equal(state.Gpr[6] + (backward ? unchecked((ulong)-100) : 100), after.Gpr[6]);
        Assert.Equal(BareGuest.Code, guest.Frame().Rip);
    }

    [Theory]
    [InlineData("push")]
    [InlineData("call")]
    [InlineData("enter")]
    [InlineData("pushfq")]
    [InlineData("iretq")]
    [InlineData("retf")]
    [InlineData("leave")]
    [InlineData("ret")]
    public void StackInstruction_StackNotThere_ChangesNothing(string form)
    {
        using BareGuest guest = new();
        Prepare(guest);
        guest.Map(First, Frame, 0);
        guest.Map(Second, Frame + 0x1000);
        guest.Assemble(BareGuest.Code, a =>
        {
            Label after = a.CreateLabel();
            switch (form)
            {
                case "push":
                    a.push(rax);
                    break;
                case "call":
                    a.call(after);
                    break;
                case "enter":
                    a.enter(64, 4);
                    break;
                case "pushfq":
                    a.pushfq();
                    break;
                case "iretq":
                    a.iretq();
                    break;
                case "retf":
                    a.db(0x48, 0xCB);
                    break;
                case "leave":
                    a.leave();
                    break;
                case "ret":
                    a.ret();
                    break;
            }

            a.Label(ref after);
            a.nop();
        });
        bool pops = form is "iretq" or "retf" or "leave" or "ret";
        ProcessorState state = Entry();
        state.Gpr[4] = pops ? Second - 4 : Second + 4;
        state.Gpr[5] = pops ? Second - 4 : Second + 0x800;
        Check(guest, form, state, pops ? Second - 4 : null);
    }

    private static ProcessorState Entry()
    {
        ProcessorState state = BareGuest.EntryState();
        state.Cr4 |= Cr4.OSXMMEXCPT;
        for (int i = 0; i < 16; i++)
        {
            if (i != 4)
            {
                state.Gpr[i] = 0x0101_0000_0000_0003UL * (ulong)(i + 1);
            }
        }

        state.Gpr[2] = 0;
        state.Fx[4] = 0x80;
        return state;
    }

    private static void Check(BareGuest guest, string what, ulong address, bool firstPageThere)
    {
        ProcessorState state = Entry();
        state.Gpr[7] = address;
        Check(guest, what, state, firstPageThere ? null : address);
    }

    // Runs one instruction, which must fault and leave registers and memory alone.
    private static void Check(BareGuest guest, string what, ProcessorState state, ulong? cr2)
    {
        byte[] before = Contents(guest);
        guest.Write(BareGuest.VectorSlot, 0);
        guest.Processor.SetState(state);
        state = guest.Processor.GetState();
        guest.Run();
        Assert.Equal((what, 14), (what, guest.UnexpectedVector));
        ProcessorState after = guest.Processor.GetState();
        Assert.Equal((what, BareGuest.Code, state.Gpr[4]), (what, guest.Frame().Rip, guest.Frame().Rsp));
        Assert.Equal((what, cr2 ?? Second), (what, cr2 is null && after.Cr2 == Second - 4 ? Second : after.Cr2));
        Assert.Equal((what, state.Rflags & Rflags.Arithmetic), (what, guest.Read(guest.Processor.State->Gpr[4] + 24) & Rflags.Arithmetic));
        after.Gpr[4] = state.Gpr[4];
        Assert.Equal(state.Gpr, after.Gpr);
        Assert.Equal(state.Fx, after.Fx);
        Assert.Equal(state.Segments[4], after.Segments[4]);
        Assert.Equal(state.GdtrBase, after.GdtrBase);
        Assert.True(before.AsSpan().SequenceEqual(Contents(guest)), what + " has changed memory");
    }

    private static byte[] Contents(BareGuest guest)
    {
        byte[] bytes = new byte[0x2000];
        Assert.True(guest.Memory.TryRead(Frame, bytes));
        return bytes;
    }

    // #PF has a stack of its own.
    private static void Prepare(BareGuest guest)
    {
        byte[] bytes = new byte[0x2000];
        new Random(7).NextBytes(bytes);
        Assert.True(guest.Memory.TryWrite(Frame, bytes));
        guest.Write(BareGuest.Tss + 0x24, FaultStack);
        guest.Write(BareGuest.Idt + (14 * 16), guest.Read(BareGuest.Idt + (14 * 16)) | (1UL << 32));
    }
}
