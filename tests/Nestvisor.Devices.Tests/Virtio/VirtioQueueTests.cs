using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;

namespace Nestvisor.Devices.Tests.Virtio;

/// <summary>The moments at which a notification or an interrupt could be lost, one at a time.</summary>
public sealed class VirtioQueueTests : IDisposable
{
    private const ulong Data = 0x3_0000;

    private readonly TestPc _pc = new();

    public void Dispose() => _pc.Dispose();

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeature.RingEventIndex)]
    public void RequestNotifications_RequestSlippedInUnnotified_TellsSo(ulong features)
    {
        (VirtioQueue queue, GuestQueue guest, DescriptorChain chain) = Create(features, _ => { });
        Assert.False(queue.RequestNotifications());
        Assert.True(guest.Offer(0));
        queue.SuppressNotifications();
        Assert.True(queue.TryTake(chain));
        Assert.False(queue.TryTake(chain));
        Assert.False(guest.Offer(1));
        Assert.True(queue.RequestNotifications());
        Assert.True(queue.TryTake(chain));
        Assert.False(queue.TryTake(chain));
        Assert.False(queue.RequestNotifications());
        Assert.True(guest.Offer(2));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeature.RingEventIndex)]
    public void RequestNotifications_RequestsPutBack_AwaitsTheNextOne(ulong features)
    {
        (VirtioQueue queue, GuestQueue guest, DescriptorChain chain) = Create(features, _ => { });
        guest.Offer(0);
        Assert.True(queue.TryTake(chain));
        Assert.False(queue.TryTake(chain));
        queue.PutBack(1);
        Assert.False(queue.RequestNotifications());
        Assert.True(guest.Offer(1));
        Assert.True(queue.TryTake(chain));
        Assert.Equal(0, chain.Head);
    }

    [Fact]
    public void Complete_EventIndex_InterruptsExactlyAtTheIndexAskedFor()
    {
        int interrupts = 0;
        (VirtioQueue queue, GuestQueue guest, DescriptorChain chain) = Create(VirtioFeature.RingEventIndex, _ => interrupts++);

        // Twice round the 16-bit index.
        for (int i = 0; i < 140_000; i++)
        {
            guest.Offer((ushort)(i % 16));
            if (i % 3 == 0)
            {
                Assert.True(guest.RequestInterrupt(1));
            }

            Assert.True(queue.TryTake(chain));
            queue.Complete(chain.Head, 0);
            Assert.True(guest.TryTakeUsed(out _, out _));
            Assert.Equal((i + 2) / 3, interrupts);
        }
    }

    private (VirtioQueue Queue, GuestQueue Guest, DescriptorChain Chain) Create(ulong features, Action<VirtioQueue> interrupt)
    {
        GuestQueue guest = new(_pc, 0x1_0000, 16, features, 0xD000_0000);
        for (int i = 0; i < 16; i++)
        {
            guest.SetChain(i, new GuestBuffer(Data, 1, true));
        }

        VirtioQueue queue = new(_pc.Memory, 0, 16, interrupt)
        {
            DescriptorTable = guest.Descriptors,
            AvailableRing = guest.Available,
            UsedRing = guest.Used,
            IsEnabled = true,
        };
        Assert.True(queue.TryStart(features | VirtioFeature.Version1));
        return (queue, guest, new DescriptorChain(_pc.Memory));
    }
}
