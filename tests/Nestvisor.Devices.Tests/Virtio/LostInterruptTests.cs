using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;

namespace Nestvisor.Devices.Tests.Virtio;

/// <summary>
/// A driver thread and the device's thread that sleep whenever the other owes them a signal: one lost notification or
/// interrupt and both sleep for ever.
/// </summary>
public sealed class LostInterruptTests
{
    private const int Requests = 200_000;
    private const ushort QueueSize = 16;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ManyRequests_DriverSleepsForEachInterrupt_AllComplete(bool msix, bool eventIndex)
    {
        using TestPc pc = new();
        pc.Pci.Add(new VirtioPciFunction(pc.Services, new VirtioEntropy()));
        VirtioDriver driver = new(pc, 1);
        Assert.True(driver.Negotiate(VirtioFeature.Version1 | (eventIndex ? VirtioFeature.RingEventIndex : 0)));
        using SemaphoreSlim interrupt = new(0);
        pc.Partition.MessageSent += message => interrupt.Release();
        pc.Interrupts.Raised += gsi => interrupt.Release();
        if (msix)
        {
            driver.EnableMsix();
        }

        GuestQueue queue = driver.CreateQueue(0, 0x1_0000, QueueSize);
        driver.Start();
        for (int i = 0; i < QueueSize; i++)
        {
            queue.SetChain(i, new GuestBuffer(0x3_0000, 1, true));
        }

        Random random = new(1);
        ulong free = (1UL << QueueSize) - 1;
        int offered = 0;
        int completed = 0;
        int slept = 0;
        while (completed < Requests)
        {
            for (int burst = random.Next(1, QueueSize + 1); burst > 0 && free != 0 && offered < Requests; burst--)
            {
                ushort head = (ushort)System.Numerics.BitOperations.TrailingZeroCount(free);
                free &= free - 1;
                queue.Offer(head);
                offered++;
            }

            bool any = Drain();
            if (!any && queue.RequestInterrupt())
            {
                slept++;
                Assert.True(
                    interrupt.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken),
                    $"No interrupt after {completed} of {offered} requests.");
                if (!msix)
                {
                    driver.ReadIsr();
                }

                Drain();
            }
        }

        Assert.Equal(Requests, completed);
        Assert.NotEqual(0, slept);

        bool Drain()
        {
            bool any = false;
            while (queue.TryTakeUsed(out uint head, out uint written))
            {
                Assert.Equal(1u, written);
                free |= 1UL << (int)head;
                completed++;
                any = true;
            }

            return any;
        }
    }
}
