using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

public sealed class StateTests
{
    [Fact]
    public void State_SetThenGet_IsTheSame()
    {
        using KvmGuest guest = new(KvmGuest.Exit);
        ProcessorState state = guest.Processor.GetState();
        for (int i = 0; i < 16; i++)
        {
            state.Gpr[i] = 0x1111_1111_1111_1111ul * (ulong)i;
        }

        state.Rflags = 0x246;
        state.Cr2 = 0x1234_5678;
        state.Dr[0] = 0x1000;
        state.Fx[160] = 0xAB;
        state.InterruptShadow = 1;
        state.NmiBlocked = true;
        state.Msrs[Msr.SysenterCs] = 0x10;

        guest.Processor.SetState(state);
        ProcessorState copy = guest.Processor.GetState();

        Assert.Equal(state.Gpr, copy.Gpr);
        Assert.Equal(state.Segments, copy.Segments);
        Assert.Equal(state.Rip, copy.Rip);
        Assert.Equal(state.Rflags, copy.Rflags);
        Assert.Equal(state.Cr0, copy.Cr0);
        Assert.Equal(state.Cr2, copy.Cr2);
        Assert.Equal(state.Dr[0], copy.Dr[0]);
        Assert.Equal(state.Fx, copy.Fx);
        Assert.Equal(state.Xcr0, copy.Xcr0);
        Assert.Equal(state.LocalApic, copy.LocalApic);

        // AMD-V has one shadow, which KVM reports as that of both STI and MOV SS.
        Assert.Contains(copy.InterruptShadow, (byte[])[state.InterruptShadow, 3]);
        Assert.Equal(state.NmiBlocked, copy.NmiBlocked);
        Assert.Equal(state.Activity, copy.Activity);
        Assert.Equal(state.Nested, copy.Nested);
        Assert.Equal(0x10ul, copy.Msrs[Msr.SysenterCs]);
    }

    [Fact]
    public void State_MovedToFreshPartition_RunsOn()
    {
        static void Program(Iced.Intel.Assembler a)
        {
            a.mov(ebx, 40);
            a.@out(0x80, al);
            a.add(ebx, 2);
            a.mov(eax, ebx);
            KvmGuest.Exit(a);
        }

        using KvmGuest source = new(Program);
        source.Bus.StopPort = 0x80;
        Assert.Equal(RunResult.Stopped, source.Run());
        ProcessorState saved = source.Processor.GetState();

        using KvmGuest target = new(Program);
        target.Processor.SetState(saved);

        Assert.Equal(RunResult.Stopped, target.Run());
        Assert.Equal(42u, target.Bus.ExitValue);
    }

    [Fact]
    public void Reset_AfterRun_GivesPowerOnState()
    {
        using KvmGuest guest = new(KvmGuest.Exit, processors: 2);
        Assert.Equal(RunResult.Stopped, guest.Run());
        guest.StopAll();

        foreach (VirtualProcessor processor in guest.Partition.Processors)
        {
            processor.Reset();
        }

        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(0xFFF0ul, state.Rip);
        Assert.Equal(0xFFFF_0000ul, state.Segments[1].Base);
        Assert.Equal(0x6000_0010ul, state.Cr0);
        Assert.Equal(ProcessorActivity.Running, state.Activity);
        Assert.Equal(ProcessorActivity.WaitForSipi, guest.Partition.Processors[1].GetState().Activity);
    }

    [Fact]
    public void PendingEvent_SetThenGet_IsTheSame()
    {
        using KvmGuest guest = new(KvmGuest.Exit);
        foreach (ulong pending in (ulong[])[0x8000_0041, 0x0000_0010_8000_0B0D, 0x8000_0202])
        {
            ProcessorState state = guest.Processor.GetState();
            state.PendingEvent = pending;
            guest.Processor.SetState(state);
            Assert.Equal(pending, guest.Processor.GetState().PendingEvent);
        }
    }

    [Fact]
    public void SetState_UnknownMsr_NamesIt()
    {
        using KvmGuest guest = new(KvmGuest.Exit);
        ProcessorState state = guest.Processor.GetState();
        state.Msrs[0xDEAD] = 1;

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => guest.Processor.SetState(state));
        Assert.Contains("DEADh", error.Message, StringComparison.Ordinal);
    }
}
