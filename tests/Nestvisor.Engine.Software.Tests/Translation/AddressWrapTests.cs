using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>32-bit code at the end of its 4 GiB.</summary>
public sealed class AddressWrapTests
{
    private const uint Elsewhere = 0x20_0000;
    private const uint Data = 0x2A_0000;

    // The last page of 4 GiB; the page tables of bare guests end before.
    private const uint LastPage = 0xFFFF_F000;
    private const ulong LastDirectory = 0x2B_0000;
    private const ulong LastTable = 0x2B_1000;
    private const ulong LastFrame = 0x2B_2000;

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
                a.push(Elsewhere);
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
        guest.Assemble(Elsewhere, BareGuest.Stop, bitness: 32);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void String_ToTheEndOf4Gib_LeavesItsRegistersAtZero(bool move)
    {
        using BareGuest guest = LegacyGuest.Create();
        MapLastPage(guest);
        guest.Write(Data, 0x2222_2222_1111_1111);
        LegacyGuest.Run(guest, a =>
        {
            Label again = a.CreateLabel();
            a.mov(edx, 10);
            a.mov(eax, 0x1111_1111);
            a.Label(ref again);
            a.mov(esi, Data);
            a.mov(edi, LastPage + 0xFF8);
            a.mov(ecx, 2);
            if (move)
            {
                a.rep.movsd();
            }
            else
            {
                a.rep.stosd();
            }

            a.dec(edx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal((0UL, 0UL, (ulong)Data + (move ? 8u : 0)), (state.Gpr[7], state.Gpr[1], state.Gpr[6]));
        Assert.Equal(move ? 0x2222_2222_1111_1111UL : 0x1111_1111_1111_1111, guest.Read(LastFrame + 0xFF8));
    }

    private static void MapLastPage(BareGuest guest)
    {
        guest.Write(BareGuest.Pdpt + 24, LastDirectory | 7);
        guest.Write(LastDirectory + 0xFF8, LastTable | 7);
        guest.Write(LastTable + 0xFF8, LastFrame | 7);
    }
}
