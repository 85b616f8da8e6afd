using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioFairnessTests : IDisposable
{
    private const ulong Transmit = 0x3_0000;
    private const ulong Receive = 0x6_0000;

    private readonly TestPc _pc = new();

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Arrival_WhileTheGuestSendsWithoutEnd_IsDelivered()
    {
        BusyPort port = new();
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioNetwork(port, MacAddress.Read([0, 0x15, 0x5D, 1, 2, 3]))));
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate(ulong.MaxValue));
        driver.EnableMsix();
        GuestQueue receive = driver.CreateQueue(0, 0x1_0000, 64);
        GuestQueue transmit = driver.CreateQueue(1, 0x1_4000, 64);
        driver.Start();
        receive.SetChain(0, new GuestBuffer(Receive, 2048, true));
        receive.Offer(0);
        transmit.SetChain(0, new GuestBuffer(Transmit, 100, false));
        port.Sent = () => transmit.Offer(0);

        transmit.Offer(0);

        Assert.Equal((0u, 112u), receive.WaitUsed());
        Assert.True(port.Count >= 1000);
        port.Sent = null;
    }

    /// <summary>A port at which a packet arrives when many have been sent, and that tells of each that is sent.</summary>
    private sealed class BusyPort : INetworkPort
    {
        private readonly EventDescriptor _arrival = new();
        private Action? _sent;
        private int _waiting;

        public Action? Sent
        {
            set => Volatile.Write(ref _sent, value);
        }

        public int Count { get; private set; }

        public bool IsConnected => true;

        public int QueueCount => 1;

        public NetworkOffloads Offloads => NetworkOffloads.None;

        public void Configure(NetworkOffloads accepted, int queues)
        {
        }

        public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
        {
            if (++Count == 1000)
            {
                _waiting = 1;
                _arrival.Signal();
            }

            Volatile.Read(ref _sent)?.Invoke();
            return true;
        }

        public Span<byte> Receive(int queue, Span<byte> buffer) =>
            _waiting-- > 0 ? buffer[..(PacketHeader.Size + 100)] : default;

        public int GetDescriptor(int queue) => _arrival.Value;

        public void SetObserver(Action? changed)
        {
        }

        public void Dispose() => _arrival.Dispose();
    }
}
