using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>One page of code at several addresses, and code that runs on to a page of another kind.</summary>
public sealed unsafe class CodePlacementTests
{
    private const ulong Page = 0x20_0000;
    private const ulong First = 0x60_0000;
    private const ulong Second = 0x60_8000;
    private const ulong Edge = First + 0xFF0;
    private const ulong NoExecute = 1UL << 63;

    [Fact]
    public void PhysicalPage_AtTwoAddresses_UsesEachOnesData()
    {
        using BareGuest guest = new();
        foreach ((ulong linear, ulong data) in (ReadOnlySpan<(ulong, ulong)>)[(First, 0x30_0000), (Second, 0x30_1000)])
        {
            guest.Map(linear, Page);
            guest.Map(linear + 0x1000, data);
            guest.Write(data, data * 3);
        }

        // mov rax, [rip + to the next page]; lea rdx, [rip + to the start]; call next
        guest.Assemble(Page, a =>
        {
            a.db(0x48, 0x8B, 0x05, 0xF9, 0x0F, 0, 0);
            a.db(0x48, 0x8D, 0x15, 0xF2, 0xFF, 0xFF, 0xFF);
            a.db(0xE8, 0, 0, 0, 0);
            a.pop(rcx);
            a.ret();
        });
        guest.Run(a =>
        {
            a.mov(edi, 20);
            Label again = a.CreateLabel();
            a.Label(ref again);
            foreach ((AssemblerRegister64 sum, ulong at) in (ReadOnlySpan<(AssemblerRegister64, ulong)>)[(r12, First), (r13, Second)])
            {
                a.mov(r8d, (uint)at);
                a.call(r8);
                a.mov(sum, rax);
                a.add(sum, rdx);
                a.add(sum, rcx);
            }

            a.dec(edi);
            a.jne(again);
            BareGuest.Stop(a);
        });
        ulong[] gpr = guest.Processor.GetState().Gpr;
        Assert.Equal((0x30_0000 * 3) + First + First + 19, gpr[12]);
        Assert.Equal((0x30_1000 * 3) + Second + Second + 19, gpr[13]);
    }

    [Theory]
    [InlineData(0UL, 0x10UL)]
    [InlineData(NoExecute | 7, 0x11UL)]
    public void Block_RunsOnToPageThatCannotRun_FaultsAtItsFirstByte(ulong flags, ulong error)
    {
        using BareGuest guest = new();
        Prepare(guest, straddles: false);
        guest.Map(First + 0x1000, flags == 0 ? 0UL : 0x20_1000, flags);
        guest.Run(Jump);
        Assert.Equal(14, guest.UnexpectedVector);
        Assert.Equal((error, First + 0x1000), (guest.Frame().Error, guest.Frame().Rip));
        Assert.Equal(First + 0x1000, guest.Processor.GetState().Cr2);
        Assert.Equal(16UL, guest.Processor.GetState().Gpr[0]);
    }

    [Theory]
    [InlineData(0UL, 0x10UL)]
    [InlineData(NoExecute | 7, 0x11UL)]
    public void Instruction_EndsOnPageThatCannotRun_FaultsAtItsOwnAddress(ulong flags, ulong error)
    {
        using BareGuest guest = new();
        Prepare(guest, straddles: true);
        guest.Map(First + 0x1000, flags == 0 ? 0UL : 0x20_1000, flags);
        guest.Run(Jump);
        Assert.Equal(14, guest.UnexpectedVector);
        Assert.Equal((error, First + 0xFFE), (guest.Frame().Error, guest.Frame().Rip));
        Assert.Equal(First + 0x1000, guest.Processor.GetState().Cr2);
        Assert.Equal(14UL, guest.Processor.GetState().Gpr[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Block_RunsOnToRemappedPage_RunsTheNewOne(bool straddles)
    {
        using BareGuest guest = new();
        Prepare(guest, straddles);
        foreach (ulong page in (ReadOnlySpan<ulong>)[0x20_1000, 0x20_2000])
        {
            guest.Assemble(page, a =>
            {
                if (straddles)
                {
                    // The rest of "add eax, imm32".
                    a.db((byte)(page >> 12), 0, 0);
                }
                else
                {
                    a.add(eax, (int)(page >> 12) & 0xFF);
                }

                a.ret();
            });
        }

        guest.Map(First + 0x1000, 0x20_1000);
        ulong entry = guest.EntryOf(First + 0x1000);
        guest.Run(a =>
        {
            a.mov(r8d, (uint)Edge);
            a.xor(eax, eax);
            a.call(r8);
            a.mov(ebx, eax);
            a.mov(edx, 0x20_2007);
            a.mov(__[entry], rdx);
            a.mov(edx, (uint)First + 0x1000);
            a.invlpg(__byte_ptr[rdx]);
            a.xor(eax, eax);
            a.call(r8);
            BareGuest.Stop(a);
        });
        ulong[] gpr = guest.Processor.GetState().Gpr;
        ulong difference = straddles ? 0x100u : 1u;
        Assert.Equal(difference, gpr[0] - gpr[3]);
    }

    // Sixteen bytes up to the edge of the page, or fourteen and the first two of an ADD.
    private static void Prepare(BareGuest guest, bool straddles)
    {
        guest.Map(First, Page);
        guest.Assemble(Page + 0xFF0, a =>
        {
            a.db(0xB0, (byte)(straddles ? 14 : 16));
            for (int i = 2; i < (straddles ? 14 : 16); i++)
            {
                a.nop();
            }

            if (straddles)
            {
                a.db(0x05, 0x40);
            }
        });
    }

    private static void Jump(Assembler a)
    {
        a.xor(eax, eax);
        a.mov(r8d, (uint)Edge);
        a.jmp(r8);
    }
}
