using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>
/// A guest that halts until it is told, and a device thread that waits until it is answered: one lost interrupt and both wait for
/// ever. <c>NESTVISOR_INTERRUPTS</c> sets how many there are.
/// </summary>
public sealed class LostInterruptTests
{
    private const ulong Handler = 0x15_0000;
    private const ulong Ready = 0x32_0000;
    private const byte Vector = 0x51;
    private static readonly int s_interrupts =
        Environment.GetEnvironmentVariable("NESTVISOR_INTERRUPTS") is string text ? int.Parse(text) : 3_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Messages_TwoHaltedProcessors_AllArrive()
    {
        using BareGuest guest = new(processors: 2);
        SemaphoreSlim[] answered = [new(0), new(0)];
        guest.Bus.OnWrite = (port, _) => answered[port - 0x80].Release();
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
            a.mov(edx, esi);
            a.@out(dx, al);
            a.iretq();
        });
        Park(guest, a => a.hlt());
        Drive(guest, i =>
        {
            int target = i & 1;
            guest.Partition.SendMessage(MsiMessage.Create((byte)target, false, Vector, 0, false));
            return answered[target].Wait(s_patience, TestContext.Current.CancellationToken);
        });
    }

    [Fact]
    public void Messages_SpinningProcessorThatOpensAndCloses_AllArrive()
    {
        using BareGuest guest = new(processors: 1);
        using SemaphoreSlim answered = new(0);
        guest.Bus.OnWrite = (_, _) => answered.Release();
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
            a.mov(edx, esi);
            a.@out(dx, al);
            a.iretq();
        });
        Park(guest, a =>
        {
            a.inc(rbx);
            a.cli();
            a.inc(rbx);
            a.sti();
        });
        Drive(guest, _ =>
        {
            guest.Partition.SendMessage(MsiMessage.Create(0, false, Vector, 0, false));
            return answered.Wait(s_patience, TestContext.Current.CancellationToken);
        });
    }

    /// <summary>The line of the external controller, which falls when the guest has served its device.</summary>
    [Fact]
    public void Line_HaltedProcessor_AllArrive()
    {
        using BareGuest guest = new(processors: 1);
        using SemaphoreSlim answered = new(0);
        guest.Bus.OnAcknowledge = () => Vector;
        guest.Bus.OnWrite = (_, _) =>
        {
            guest.Partition.SetExternalInterrupt(false);
            answered.Release();
        };
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            a.mov(edx, esi);
            a.@out(dx, al);
            a.iretq();
        });
        Park(guest, a => a.hlt());
        Drive(guest, _ =>
        {
            guest.Partition.SetExternalInterrupt(true);
            return answered.Wait(s_patience, TestContext.Current.CancellationToken);
        });
    }

    // Every processor enables its APIC, LINT0 as the external controller's included, and waits with its own port in RSI.
    private static void Park(BareGuest guest, Action<Assembler> wait)
    {
        guest.Assemble(BareGuest.Code, a =>
        {
            EngineGuests.EnableApic(a);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x35, 0x700);
            a.@lock.inc(__qword_ptr[Ready]);
            Label again = a.CreateLabel();
            a.sti();
            a.Label(ref again);
            wait(a);
            a.jmp(again);
        });
        for (int i = 0; i < guest.Partition.All.Length; i++)
        {
            ProcessorState state = BareGuest.EntryState();
            state.Msrs[Msr.ApicBase] = 0xFEE0_0800 | (i == 0 ? 0x100u : 0);
            state.Gpr[4] -= (ulong)i * 0x1000;
            state.Gpr[6] = 0x80 + (ulong)i;
            guest.Partition.All[i].SetState(state);
        }
    }

    private static void Drive(BareGuest guest, Func<int, bool> request)
    {
        int done = 0;
        bool ended = false;
        Thread device = new(() =>
        {
            // The guest's first instructions enable the controller; a message before that is rightly lost.
            SpinWait spin = default;
            while (!Volatile.Read(ref ended) && guest.Read(Ready) != (ulong)guest.Partition.All.Length)
            {
                spin.SpinOnce();
            }

            while (!Volatile.Read(ref ended) && done < s_interrupts && request(done))
            {
                done++;
            }

            foreach (SoftwareProcessor processor in guest.Partition.All)
            {
                processor.RequestStop();
            }
        });
        device.Start();
        try
        {
            guest.RunAll();
        }
        finally
        {
            // The guest goes when the test fails, and must not be sent anything then.
            Volatile.Write(ref ended, true);
            device.Join();
        }

        Assert.Equal(s_interrupts, done);
    }
}
