using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>No old byte of code is executed, whoever has overwritten it and by whatever way.</summary>
public sealed unsafe class SelfModifyingCodeTests
{
    private const ulong Function = 0x20_0000;
    private const ulong OtherFunction = 0x20_1000;
    private const ulong Alias = 0x60_0000;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(8, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    public void Code_OverwritesItsNextInstruction_RunsTheNewOne(int size, bool locked)
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            Label next = a.CreateLabel();
            Label again = a.CreateLabel();
            a.xor(ebx, ebx);
            a.mov(ecx, 3);
            a.Label(ref again);
            a.lea(rdx, __[next]);
            a.mov(rax, 0x9090_9000_0000_00B8UL);
            a.mov(r8d, ecx);
            a.shl(r8, 8);
            a.or(rax, r8);
            a.mov(r9d, ecx);
            switch (size)
            {
                case 1 when locked:
                    a.xchg(__[rdx + 1], r9b);
                    break;
                case 2 when locked:
                    a.xchg(__[rdx], ax);
                    break;
                case 4 when locked:
                    a.xchg(__[rdx], eax);
                    break;
                case 8 when locked:
                    a.xchg(__[rdx], rax);
                    break;
                case 1:
                    a.mov(__[rdx + 1], cl);
                    break;
                case 2:
                    a.mov(__[rdx], ax);
                    break;
                case 4:
                    a.mov(__[rdx], eax);
                    break;
                default:
                    a.mov(__[rdx], rax);
                    break;
            }

            a.Label(ref next);
            a.mov(eax, 0x77);
            a.nop();
            a.nop();
            a.nop();
            a.add(ebx, eax);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(6UL, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Code_RepeatedStoreOverItself_RunsTheNewBytes()
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            Label next = a.CreateLabel();
            a.lea(rdi, __[next]);
            a.mov(eax, 0x90);
            a.mov(ecx, 3);
            a.xor(ebx, ebx);
            a.rep.stosb();
            a.Label(ref next);
            a.db(0x48, 0xFF, 0xC3);
            BareGuest.Stop(a);
        });
        Assert.Equal(0UL, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Code_WrittenThroughAlias_RunsTheNewBytes()
    {
        using BareGuest guest = new();
        WriteReturning(guest, Function, 1);
        guest.Map(Alias, Function);
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Function);
            a.call(r8);
            a.mov(ebx, eax);
            a.mov(__byte_ptr[Alias + 1], 2);
            a.call(r8);
            a.shl(eax, 8);
            a.or(ebx, eax);
            BareGuest.Stop(a);
        });
        Assert.Equal(0x201UL, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Code_WrittenByDevice_RunsTheNewBytes()
    {
        using BareGuest guest = new();
        WriteReturning(guest, Function, 1);
        guest.Bus.OnWrite = (_, value) => Assert.True(guest.Memory.TryWrite(Function + 1, [(byte)value]));
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Function);
            a.xor(ebx, ebx);
            a.mov(esi, 1);
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.call(r8);
            a.add(ebx, eax);
            a.inc(esi);
            a.mov(eax, esi);
            a.@out(0x80, al);
            a.cmp(esi, 100);
            a.jb(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(99UL * 100 / 2, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Code_WrittenToByWindow_RunsTheNewBytes()
    {
        using BareGuest guest = new();
        WriteReturning(guest, Function, 1);
        guest.Bus.OnWrite = (_, value) =>
        {
            Assert.True(guest.Memory.TryGetSpan(Function, 16, out Span<byte> window));
            window[1] = (byte)value;
            guest.Memory.NoteWritten(Function, 16);
        };
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Function);
            a.call(r8);
            a.mov(eax, 9);
            a.@out(0x80, al);
            a.call(r8);
            BareGuest.Stop(a);
        });
        Assert.Equal(9UL, guest.Processor.GetState().Gpr[0]);
    }

    [Fact]
    public void PageOfL2_WrittenByL1_RunsTheNewBytes()
    {
        using NestedGuest n = new(afterExit: a => a.inc(__byte_ptr[NestedGuest.GuestCode + 1]));
        n.Code(a =>
        {
            a.mov(ebx, 1);
            NestedGuest.Vmmcall(a);
        });
        for (ulong i = 1; i < 20; i++)
        {
            n[X64.Svm.VmcbOffsets.Rip] = NestedGuest.GuestCode;
            n.Enter();
            Assert.Equal(i, n.Guest.Processor.GetState().Gpr[3]);
        }
    }

    [Fact]
    public void Page_RemappedWithoutChangeOfBytes_RunsTheOtherPage()
    {
        using BareGuest guest = new();
        WriteReturning(guest, Function, 1);
        WriteReturning(guest, OtherFunction, 2);
        guest.Map(Alias, Function);
        ulong entry = guest.EntryOf(Alias);
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Alias);
            a.xor(ebx, ebx);
            a.mov(ecx, 50);
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.call(r8);
            a.lea(ebx, __[rbx + rbx * 2]);
            a.add(ebx, eax);
            a.mov(edx, (uint)(Function ^ OtherFunction));
            a.xor(__[entry], rdx);
            a.invlpg(__byte_ptr[r8]);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        uint expected = 0;
        for (uint i = 0; i < 50; i++)
        {
            expected = (expected * 3) + 1 + (i & 1);
        }

        Assert.Equal(expected, (uint)guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void InstructionOnTwoPages_EitherPageWritten_RunsTheNewBytes()
    {
        const ulong Straddling = 0x20_0FFD;
        using BareGuest guest = new();
        guest.Assemble(Straddling, a =>
        {
            a.mov(eax, 0x1111_1111);
            a.ret();
        });
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Straddling);
            a.call(r8);
            a.mov(ebx, eax);
            a.mov(__byte_ptr[Straddling + 4], 0x22);
            a.call(r8);
            a.mov(esi, eax);
            a.mov(__byte_ptr[Straddling + 1], 0x33);
            a.call(r8);
            a.mov(edi, eax);
            BareGuest.Stop(a);
        });
        ulong[] gpr = guest.Processor.GetState().Gpr;
        Assert.Equal((0x1111_1111UL, 0x2211_1111UL, 0x2211_1133UL), (gpr[3], gpr[6], gpr[7]));
    }

    // What marks a translation as stale is written over its first bytes, and the way out of a block as short as these may lie there too.
    [Theory]
    [InlineData("E9")]
    [InlineData("90E9")] // nop
    [InlineData("89D3E9")] // mov ebx, edx
    [InlineData("4889D3E9")] // mov rbx, rdx
    [InlineData("0F84")] // je
    [InlineData("89D30F84")] // mov ebx, edx
    [InlineData("85DB0F84")] // test ebx, ebx
    [InlineData("4885DB0F84")] // test rbx, rbx
    public void Code_OfBlocksThatOnlyLeadOn_LeadsToTheNewPlace(string code)
    {
        byte[] branch = Convert.FromHexString(code);
        byte distance = (byte)(0x40 - (branch.Length + 4));
        ulong written = Function + (ulong)branch.Length;
        using BareGuest guest = new();
        Assert.True(guest.Memory.TryWrite(Function, [.. branch, distance, 0, 0, 0]));
        WriteReturning(guest, Function + 0x40, 1);
        WriteReturning(guest, Function + 0x80, 2);
        WriteReturning(guest, OtherFunction + 0x40, 3);
        guest.Run(a =>
        {
            // A page with code is written each time, so that what follows is a block of its own and translated; the hundredth time the other page.
            Label again = a.CreateLabel();
            a.mov(r8d, (uint)Function);
            a.mov(r9d, (uint)(OtherFunction + 0x40));
            a.mov(r10d, (uint)written);
            a.mov(r11d, (uint)(OtherFunction + 0x80));
            a.xor(esi, esi);
            a.mov(ecx, 200);
            a.mov(ebp, distance + 0x40u);
            a.Label(ref again);
            a.call(r9);
            a.mov(rdi, r11);
            a.cmp(ecx, 101);
            a.cmove(rdi, r10);
            a.mov(__[rdi], bpl);
            a.xor(eax, eax);
            a.call(r8);
            a.add(esi, eax);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(99UL + (101 * 2), guest.Processor.GetState().Gpr[6]);
    }

    private static void WriteReturning(BareGuest guest, ulong address, uint value) => guest.Assemble(address, a =>
    {
        a.mov(eax, value);
        a.ret();
    });
}
