using Nestvisor.Virtualization;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

public sealed class RunLoopTests
{
    [Fact]
    public void PortWrite_EachSize_ReachesBus()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(eax, 0x1234_5678);
            a.@out(0x80, al);
            a.@out(0x80, ax);
            a.mov(dx, 0x1234);
            a.@out(dx, eax);
            KvmGuest.Exit(a);
        });

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(
            [(0x80, 1, 0x78u), (0x80, 2, 0x5678u), (0x1234, 4, 0x1234_5678u), (TestBus.ExitPort, 4, 0x1234_5678u)],
            guest.Bus.PortWrites.Select(w => ((int)w.Port, w.Size, w.Value)));
    }

    [Fact]
    public void PortString_Repeated_ReachesBusInOrder()
    {
        using KvmGuest guest = new(a =>
        {
            a.cld();
            a.mov(esi, 0x6000);
            a.mov(ecx, 3);
            a.mov(dx, 0x3F8);
            a.rep.outsb();
            a.mov(edi, 0x6100);
            a.mov(ecx, 2);
            a.rep.insw();
            KvmGuest.Exit(a);
        });
        guest.Load(0x6000, "abc"u8.ToArray());
        uint next = 0x1111;
        guest.Bus.PortReader = (_, _) => next++;

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal("abc", string.Concat(guest.Bus.PortWrites.Where(w => w.Port == 0x3F8).Select(w => (char)w.Value)));
        byte[] read = new byte[4];
        Assert.True(guest.Memory.TryRead(0x6100, read));
        Assert.Equal([0x11, 0x11, 0x12, 0x11], read);
    }

    [Fact]
    public void MemoryAccess_OutsideRam_ReachesBus()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(eax, __dword_ptr[0xD000_0000u]);
            a.mov(__dword_ptr[0xD000_0010u], eax);
            a.mov(__byte_ptr[0xD000_0021u], al);
            KvmGuest.Exit(a);
        });
        guest.Bus.MemoryReader = address => address == 0xD000_0000 ? 0xCAFE_F00D : ulong.MaxValue;

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(0xCAFE_F00Du, guest.Bus.ExitValue);
        Assert.Equal([0xD000_0010ul, 0xD000_0021ul], guest.Bus.MemoryWrites.Select(w => w.Address));
        Assert.Equal([0x0D, 0xF0, 0xFE, 0xCA], guest.Bus.MemoryWrites.First().Data);
        Assert.Equal([0x0D], guest.Bus.MemoryWrites.Last().Data);
    }

    [Fact]
    public void GuestWrite_ToRam_IsSeenByHost()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(__dword_ptr[0x6000], 0xA5A5_5A5A);
            a.mov(eax, __dword_ptr[0x6004]);
            KvmGuest.Exit(a);
        });
        guest.Load(0x6004, [1, 2, 3, 4]);

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(0x0403_0201u, guest.Bus.ExitValue);
        byte[] written = new byte[4];
        Assert.True(guest.Memory.TryRead(0x6000, written));
        Assert.Equal([0x5A, 0x5A, 0xA5, 0xA5], written);
    }

    [Fact]
    public void RequestStop_WhileGuestSpins_RunComesBack()
    {
        using KvmGuest guest = new(a =>
        {
            a.@out(0x80, al);
            Iced.Intel.Label self = a.CreateLabel();
            a.Label(ref self);
            a.jmp(self);
        });
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        guest.Processor.RequestStop();

        Assert.Equal(RunResult.Stopped, result());
    }

    [Fact]
    public void RequestStop_WhileGuestHalts_RunComesBackHalted()
    {
        using KvmGuest guest = new(a =>
        {
            a.@out(0x80, al);
            a.hlt();
        });
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        guest.Processor.RequestStop();

        Assert.Equal(RunResult.Stopped, result());
    }

    [Fact]
    public void RequestStop_BeforeRun_EndsNextRunOnly()
    {
        using KvmGuest guest = new(KvmGuest.Exit);
        guest.Processor.RequestStop();

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Null(guest.Bus.ExitValue);
        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.NotNull(guest.Bus.ExitValue);
    }

    [Fact]
    public void RequestStop_DuringPortRead_FinishesTheInstruction()
    {
        using KvmGuest guest = new(a =>
        {
            a.@in(al, 0x40);
            KvmGuest.Exit(a);
        });
        guest.Bus.PortReader = (_, _) =>
        {
            guest.Processor.RequestStop();
            return 0x5A;
        };

        Assert.Equal(RunResult.Stopped, guest.Run());

        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(KvmGuest.CodeAddress + 2, state.Rip);
        Assert.Equal(0x5Aul, state.Gpr[0] & 0xFF);
        Assert.Null(guest.Bus.ExitValue);
    }

    [Fact]
    public void TripleFault_NoIdt_EndsInShutdown()
    {
        using KvmGuest guest = new(a => a.ud2());
        ProcessorState state = guest.Processor.GetState();
        state.IdtrLimit = 0;
        guest.Processor.SetState(state);

        Assert.Equal(RunResult.Shutdown, guest.Run());
        Assert.Equal(ProcessorActivity.Shutdown, guest.Processor.GetState().Activity);
    }

    [Fact]
    public void Stop_ThousandTimes_NeverHangs()
    {
        using KvmGuest guest = new(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.@out(0x80, al);
            a.jmp(again);
        });
        guest.Bus.OnExit = null;
        for (int i = 0; i < 1000; i++)
        {
            Func<RunResult> result = guest.Start();
            guest.Processor.RequestStop();
            Assert.Equal(RunResult.Stopped, result());
        }
    }
}
