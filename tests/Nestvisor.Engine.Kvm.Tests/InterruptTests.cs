using Iced.Intel;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

public sealed class InterruptTests
{
    private const byte Vector = 0x41;

    // Enables interrupts, says so on port 80h, and halts for ever.
    private static void WaitForInterrupts(Assembler a)
    {
        KvmGuest.EnableApic(a);
        a.sti();
        a.@out(0x80, al);
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.hlt();
        a.jmp(again);
    }

    private static void ReportAndEnd(Assembler a)
    {
        a.mov(__dword_ptr[KvmGuest.LocalApic + 0xB0], 0u);
        a.mov(eax, 0x600D);
        KvmGuest.Exit(a);
    }

    [Fact]
    public void Message_WhileHalted_RunsHandler()
    {
        using KvmGuest guest = new(WaitForInterrupts);
        guest.SetHandler(Vector, ReportAndEnd);
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        guest.Partition.SendMessage(MsiMessage.Create(0, false, Vector, 0, false));

        Assert.Equal(RunResult.Stopped, result());
        Assert.Equal(0x600Du, guest.Bus.ExitValue);
    }

    [Fact]
    public void MessageInterrupt_Signalled_RunsHandler()
    {
        using KvmGuest guest = new(WaitForInterrupts);
        guest.SetHandler(Vector, ReportAndEnd);
        using MessageInterrupt source = guest.Partition.CreateMessageInterrupt();
        source.Signal();
        source.Configure(MsiMessage.Create(0, false, 0x60, 0, false));
        source.Configure(MsiMessage.Create(0, false, Vector, 0, false));
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        source.Signal();

        Assert.Equal(RunResult.Stopped, result());
        Assert.Equal(0x600Du, guest.Bus.ExitValue);
    }

    [Fact]
    public void ExternalInterrupt_WhileHalted_IsAcknowledgedAtTheBus()
    {
        using KvmGuest guest = new(a =>
        {
            a.sti();
            a.@out(0x80, al);
            a.hlt();
        });
        guest.SetHandler(Vector, ReportAndEnd);
        guest.Bus.Acknowledge = () =>
        {
            guest.Partition.SetExternalInterrupt(false);
            return Vector;
        };
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        guest.Partition.SetExternalInterrupt(true);

        Assert.Equal(RunResult.Stopped, result());
        Assert.Equal(0x600Du, guest.Bus.ExitValue);
    }

    [Fact]
    public void ExternalInterrupt_InterruptsOff_WaitsForTheWindow()
    {
        using KvmGuest guest = new(a =>
        {
            a.@out(0x80, al);
            a.@in(al, 0x40);
            a.sti();
            a.nop();
            a.hlt();
        });
        guest.SetHandler(Vector, ReportAndEnd);
        bool acknowledged = false;
        bool early = false;
        guest.Bus.PortReader = (_, _) =>
        {
            guest.Partition.SetExternalInterrupt(true);
            early = acknowledged;
            return 0;
        };
        guest.Bus.Acknowledge = () =>
        {
            acknowledged = true;
            guest.Partition.SetExternalInterrupt(false);
            return Vector;
        };

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.False(early);
        Assert.Equal(0x600Du, guest.Bus.ExitValue);
    }

    [Fact]
    public void LevelInterrupt_EndOfInterrupt_ReachesBus()
    {
        using KvmGuest guest = new(WaitForInterrupts);
        guest.SetHandler(Vector, a =>
        {
            // A paravirtual KVM reports the end on the next entry into the guest, which the port access brings about.
            a.mov(__dword_ptr[KvmGuest.LocalApic + 0xB0], 0u);
            a.@out(0x81, al);
            Label self = a.CreateLabel();
            a.Label(ref self);
            a.jmp(self);
        });
        MsiMessage message = MsiMessage.Create(0, false, Vector, 0, levelTriggered: true);
        MsiMessage[] routes = new MsiMessage[24];
        routes[9] = message;
        guest.Partition.SetIoApicRoutes(routes);
        Func<RunResult> result = guest.Start();
        guest.Bus.AwaitPort(0x80);

        guest.Partition.SendMessage(message);

        guest.Bus.AwaitEndOfInterrupt(Vector);
        guest.Processor.RequestStop();
        Assert.Equal(RunResult.Stopped, result());
    }

    [Fact]
    public void Doorbell_Write_RingsInsteadOfTheBus()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(__word_ptr[0xD000_1000u], 7);
            a.mov(__dword_ptr[0xD000_1004u], 8);
            KvmGuest.Exit(a);
        });
        using EventDescriptor bell = new();
        using IDisposable doorbell = guest.Partition.RegisterDoorbell(0xD000_1000, bell);

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(1ul, bell.Drain());
        Assert.Equal([0xD000_1004ul], guest.Bus.MemoryWrites.Select(w => w.Address));
    }

    [Fact]
    public void Doorbell_TakenAway_WriteReachesBus()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(__word_ptr[0xD000_1000u], 7);
            KvmGuest.Exit(a);
        });
        using EventDescriptor bell = new();
        guest.Partition.RegisterDoorbell(0xD000_1000, bell).Dispose();

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal([0xD000_1000ul], guest.Bus.MemoryWrites.Select(w => w.Address));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    public void Startup_InitAndSipiToAllOthers_StartsThem(int processors)
    {
        using KvmGuest guest = new(
            a =>
            {
                KvmGuest.EnableApic(a);
                a.mov(__dword_ptr[KvmGuest.LocalApic + 0x300], 0xC_4500u);
                a.mov(__dword_ptr[KvmGuest.LocalApic + 0x300], 0xC_4605u);
                Label wait = a.CreateLabel();
                a.Label(ref wait);
                a.pause();
                a.cmp(__dword_ptr[0x6000], processors - 1);
                a.jne(wait);
                a.mov(eax, __dword_ptr[0x6000]);
                KvmGuest.Exit(a);
            },
            processors);
        guest.Load(0x5000, KvmGuest.Assemble(16, 0, a =>
        {
            a.xor(ax, ax);
            a.mov(ds, ax);
            a.@lock.inc(__dword_ptr[0x6000]);
            a.cli();
            a.hlt();
        }));

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal((uint)processors - 1, guest.Bus.ExitValue);
    }
}
