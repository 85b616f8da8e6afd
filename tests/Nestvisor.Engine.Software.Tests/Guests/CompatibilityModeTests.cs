using Iced.Intel;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>A 32-bit program of a 64-bit kernel whose tables are in the upper half, as Linux has them.</summary>
public sealed class CompatibilityModeTests
{
    private const ulong Upper = 0xFFFF_8000_4000_0000;
    private const ulong UpperPdpt = 0x2C_0000;
    private const ushort UserCode32 = 0x60;
    private const ushort UserData = 0x68;
    private const uint Program = 0x20_0000;
    private const uint UserStack = 0x2A_0000;
    private const uint Count = 0x2B_0000;
    private const int Calls = 100;

    [Fact]
    public void Program_CallsByInterrupts_ComesBackEachTime()
    {
        using BareGuest guest = LegacyGuest.Create();
        PrepareUser(guest);
        guest.Assemble(BareGuest.Stubs + 0x2000, a =>
        {
            a.inc(__dword_ptr[Count]);
            a.iretq();
        });
        guest.SetGate(0x80, BareGuest.Stubs + 0x2000);
        guest.Write(BareGuest.Idt + (0x80 * 16), guest.Read(BareGuest.Idt + (0x80 * 16)) | (0x6000UL << 32));
        guest.Assemble(
            Program,
            a =>
            {
                Label again = a.CreateLabel();
                Label function = a.CreateLabel();
                a.mov(ecx, Calls);
                a.xor(ebx, ebx);
                a.Label(ref again);
                a.call(function);
                a.@int(0x80);
                a.add(ebx, __dword_ptr[Count]);
                a.dec(ecx);
                a.jne(again);

                // A selector comes from the tables as well; then what user code may not.
                a.mov(eax, UserData | 3);
                a.mov(es, eax);
                a.hlt();
                a.Label(ref function);
                a.inc(edi);
                a.ret();
            },
            bitness: 32);
        guest.Run();
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(13, guest.UnexpectedVector);
        Assert.Equal((ulong)Calls * (Calls + 1) / 2, state.Gpr[3]);
        Assert.Equal((ulong)Calls, state.Gpr[7]);
        Assert.Equal((ushort)(UserData | 3), state.Segments[0].Selector);
    }

    [Fact]
    public void Program_CallsBySyscall_ComesBackEachTime()
    {
        using BareGuest guest = LegacyGuest.Create();
        PrepareUser(guest);
        Assert.True(guest.Processor.TryWriteMsr(Msr.Star, ((ulong)UserCode32 << 48) | ((ulong)BareGuest.CodeSelector << 32)));
        Assert.True(guest.Processor.TryWriteMsr(Msr.CStar, Upper + BareGuest.Stubs + 0x2000));
        guest.Assemble(BareGuest.Stubs + 0x2000, a =>
        {
            a.inc(__dword_ptr[Count]);
            a.sysret();
        });
        guest.Assemble(
            Program,
            a =>
            {
                Label again = a.CreateLabel();
                a.mov(ebx, Calls);
                a.Label(ref again);
                a.push(ebx);
                a.syscall();
                a.pop(edx);
                a.add(esi, edx);
                a.dec(ebx);
                a.jne(again);
                a.hlt();
            },
            bitness: 32);
        guest.Run();
        Assert.Equal(13, guest.UnexpectedVector);
        Assert.Equal((uint)Calls, (uint)guest.Read(Count));
        Assert.Equal((ulong)Calls * (Calls + 1) / 2, guest.Processor.GetState().Gpr[6]);
    }

    private static void PrepareUser(BareGuest guest)
    {
        guest.Write(BareGuest.Gdt + UserCode32, 0x00CF_FB00_0000_FFFF);
        guest.Write(BareGuest.Gdt + UserData, 0x00CF_F300_0000_FFFF);

        // The same memory once more in the upper half. Nothing is at the lower half of these addresses.
        guest.Write(BareGuest.Pml4 + 0x800, UpperPdpt | 7);
        guest.Write(UpperPdpt + 8, BareGuest.PageDirectory | 7);
        ProcessorState state = LegacyGuest.EntryState();
        SegmentState data = new(UserData | 3, 0xCF3, uint.MaxValue, 0);
        for (int i = 0; i < 4; i++)
        {
            state.Segments[i] = data;
        }

        state.Segments[1] = new SegmentState(UserCode32 | 3, 0xCFB, uint.MaxValue, 0);
        state.Segments[4] = state.Segments[5] = new SegmentState(0, 0, 0, 0);
        state.GdtrBase = Upper + BareGuest.Gdt;
        state.IdtrBase = Upper + BareGuest.Idt;
        state.Tr = state.Tr with { Base = Upper + BareGuest.Tss };
        guest.Write(BareGuest.Tss + 4, Upper + BareGuest.StackTop);
        state.Rip = Program;
        state.Gpr[4] = UserStack;
        guest.Processor.SetState(state);
    }
}
