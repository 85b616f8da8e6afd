using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>Accesses of a block by the same register share one check.</summary>
public sealed class SharedAccessTests
{
    private const int Rounds = 5_000;
    private const ulong Data = 0x20_0000;
    private const ulong Other = 0x30_0000;
    private const ulong Window = 0x3000_0000;

    [Theory]
    [InlineData(0x100)]
    [InlineData(0xFF4)]
    [InlineData(0xFFC)]
    public void Accesses_OnOnePageOrTwo_AreRight(int offset)
    {
        using BareGuest guest = new();
        RunLoop(guest, Data + (ulong)offset);
        ulong address = Data + (ulong)offset;
        Assert.Equal((ulong)Rounds, guest.Read(address));
        Assert.Equal((ulong)Rounds * 2, guest.Read(address + 8));
        Assert.Equal((ulong)Rounds * 3, guest.Read(address + 16));
        Assert.Equal((ulong)Rounds * 3, guest.Processor.GetState().Gpr[0]);
    }

    [Fact]
    public void Range_AlwaysOnTwoPages_IsCheckedOneByOneSoon()
    {
        using BareGuest guest = new(options: new SoftwareEngineOptions());

        // The middle one of the three crosses the pages itself and is interpreted each time; the others are not.
        RunLoop(guest, Data + 0xFF4);
        Dictionary<string, long> counters = [];
        guest.Processor.AddCounters(counters);
        Assert.InRange(counters["instructions"], 1, Rounds * 2);
    }

    // An access between two that share a check faults; the handler maps another page for all of them.
    [Fact]
    public void Range_RemappedByAHandlerBetweenItsAccesses_IsLookedUpAgain()
    {
        using BareGuest guest = new();
        guest.Map(Window, Data);
        guest.Map(Window + 0x1000, Data, flags: 0);
        guest.Write(Data, 1);
        guest.Write(Data + 8, 2);
        guest.Write(Other, 100);
        guest.Write(Other + 8, 200);
        const ulong Handler = 0x40_0000;
        guest.Assemble(Handler, a =>
        {
            a.add(rsp, 8);
            a.push(rax);
            a.mov(rax, guest.EntryOf(Window));
            a.mov(__qword_ptr[rax], (int)(Other | 7));
            a.mov(rax, guest.EntryOf(Window + 0x1000));
            a.mov(__qword_ptr[rax], (int)(Other | 7));
            a.invlpg(__byte_ptr[rbx]);
            a.pop(rax);
            a.iretq();
        });
        guest.SetGate((int)ExceptionVector.PageFault, Handler);
        RunResult result = guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(rbx, Window);
            a.mov(rsi, Window);
            a.xor(edx, edx);
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.mov(rax, __qword_ptr[rbx]);
            a.add(rax, __qword_ptr[rsi]);
            a.add(rax, __qword_ptr[rbx + 8]);
            a.add(rdx, rax);
            a.cmp(ecx, 2);
            a.mov(rdi, Window + 0x1000);
            a.cmove(rsi, rdi);
            a.dec(ecx);
            a.jnz(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal(-1, guest.UnexpectedVector);

        // In the last round the first access finds the old page, the second faults, and the third finds the new one.
        Assert.Equal((ulong)((Rounds - 1) * (1 + 1 + 2)) + 1 + 100 + 200, guest.Processor.GetState().Gpr[2]);
    }

    [Fact]
    public void Stack_PushedAndPoppedAcrossAPage_IsRight()
    {
        using BareGuest guest = new();
        RunResult result = guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(rsp, Data + 0x1010);
            a.mov(ecx, Rounds);
            a.xor(eax, eax);
            a.Label(ref again);
            a.push(rcx);
            a.push(rax);
            a.push(rbp);
            a.sub(rsp, 0x20);
            a.mov(__qword_ptr[rsp + 8], rcx);
            a.add(rax, __qword_ptr[rsp + 8]);
            a.add(rsp, 0x20);
            a.pop(rbp);
            a.pop(rdx);
            a.pop(rcx);
            a.add(rax, rdx);
            a.sub(rax, rdx);
            a.dec(ecx);
            a.jnz(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal((ulong)Rounds * (Rounds + 1) / 2, guest.Processor.GetState().Gpr[0]);
        Assert.Equal(Data + 0x1010, guest.Processor.GetState().Gpr[4]);
    }

    private static void RunLoop(BareGuest guest, ulong address)
    {
        RunResult result = guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(rbx, address);
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.inc(__qword_ptr[rbx]);
            a.add(__qword_ptr[rbx + 8], 2);
            a.add(__qword_ptr[rbx + 16], 3);
            a.mov(rax, __qword_ptr[rbx + 16]);
            a.dec(ecx);
            a.jnz(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal(-1, guest.UnexpectedVector);
    }
}
