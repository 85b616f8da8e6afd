using Nestvisor.Engine.Software.Apic;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class LocalApicThreadTests
{
    private const int PerThread = 500_000;

    [Fact]
    public void Post_MillionFromTwoThreads_NoneIsLost()
    {
        using VmClock clock = VmClock.CreateManual();
        using PreciseEvent wake = new();
        LocalApic apic = new(0, bootstrap: true, clock, new ApicBus(), new ApicFeatures(true, true, 40), wake.Set);
        apic.Write(ApicRegister.SpuriousVector, 4, 0x1FF);
        int[] requests = new int[256];
        int[] handled = new int[256];
        int running = 2;
        Thread[] threads = new Thread[2];
        for (int t = 0; t < 2; t++)
        {
            int seed = t;
            threads[t] = new Thread(() =>
            {
                Random random = new(seed);
                for (int i = 0; i < PerThread; i++)
                {
                    // As a device does: first the work, then the interrupt. Some vectors are both threads'.
                    int vector = random.Next(0x20, 0x100);
                    Interlocked.Increment(ref requests[vector]);
                    apic.Post((byte)vector, level: false);
                }

                Interlocked.Decrement(ref running);
                wake.Set();
            });
            threads[t].Start();
        }

        long taken = 0;
        while (true)
        {
            bool last = Volatile.Read(ref running) == 0;
            while (apic.HasPendingInterrupt)
            {
                int vector = apic.Acknowledge();
                handled[vector] = Volatile.Read(ref requests[vector]);
                apic.EndOfInterrupt();
                taken++;
            }

            if (last)
            {
                break;
            }

            Assert.True(WaitFor(wake), "Nothing woke the processor for 10 s although the senders still ran.");
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal(requests, handled);
        Assert.InRange(taken, 1, 2 * PerThread);
    }

    [Fact]
    public void Timer_RearmedWhileTheClockThreadFires_EachExpiryInterruptsOnce()
    {
        using VmClock clock = VmClock.CreateHost();
        using PreciseEvent wake = new();
        LocalApic apic = new(0, bootstrap: true, clock, new ApicBus(), new ApicFeatures(true, true, 40), wake.Set);
        apic.Write(ApicRegister.SpuriousVector, 4, 0x1FF);
        apic.Write(ApicRegister.DivideConfiguration, 4, 0xB);
        apic.Write(ApicRegister.LvtTimer, 4, 0x40);
        clock.Start();
        for (int i = 0; i < 2000; i++)
        {
            apic.Write(ApicRegister.InitialCount, 4, (uint)(i * 37 % 20_000) + 1);
            while (!apic.HasPendingInterrupt)
            {
                Assert.True(WaitFor(wake), $"Expiry {i} did not arrive.");
                apic.Timer.Poll();
            }

            Assert.Equal(0x40, apic.Acknowledge());
            apic.EndOfInterrupt();
            Assert.False(apic.HasPendingInterrupt);
            Assert.Equal(0u, (uint)apic.Read(ApicRegister.CurrentCount, 4));
        }
    }

    // The runtime's signals end a futex wait early; only a passed bound is a hang.
    private static bool WaitFor(PreciseEvent wake)
    {
        long end = Environment.TickCount64 + 10_000;
        while (!wake.Wait(1_000_000_000))
        {
            if (Environment.TickCount64 > end)
            {
                return false;
            }
        }

        return true;
    }
}
