using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Networking.Tests.Ports;

namespace Nestvisor.Devices.Tests.Virtio;

/// <summary>
/// Packets of a hostile guest, in chains of all shapes and some that are none, through the device and its port: 400,000, ten million with
/// <c>./test.sh --slow</c>.
/// </summary>
public sealed class VirtioNetworkFuzzTests
{
    private const ushort Size = 128;
    private const int MostParts = 4;
    private const ulong Rings = 0x1_0000;
    private const ulong Receive = 0x8_0000;
    private const ulong Packets = 0x10_0000;
    private const ulong Tables = 0x20_0000;

    private static readonly int s_packets = Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1" ? 10_000_000 : 400_000;

    public static TheoryData<int> Policies => HostileFrames.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void Rings_OfAHostileGuest_SendOnlyWhatThePolicyLets(int number)
    {
        PortPolicy policy = HostileFrames.Policy(number);
        using CheckingWire wire = new(policy);
        using TestPc pc = new();
        SwitchPort port = new(wire, policy, TimeProvider.System);
        pc.Pci.Add(new VirtioPciFunction(pc.Services, new VirtioNetwork(port, HostileFrames.Own)));
        Guest guest = new(pc, new Random(number));
        long memory = 0;
        while (guest.Offered < s_packets / 4)
        {
            guest.Send(1 + guest.Random.Next(Size / MostParts));
            pc.Partition.Messages.Clear();
            if (memory == 0 && guest.Offered > s_packets / 16)
            {
                memory = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, memory + (4 << 20));
        Assert.Null(wire.Forged);
        TestContext.Current.TestOutputHelper?.WriteLine($"{guest.Offered} packets, {wire.Sent} of them left; the device stopped {guest.Stops} times");
        Assert.True(wire.Sent > guest.Offered / 3, $"Only {wire.Sent} of {guest.Offered} packets reached the wire.");
        Assert.NotEqual(0, guest.Stops);
    }

    // A driver that keeps to the rules now and then only.
    private sealed class Guest(TestPc pc, Random random)
    {
        private readonly VirtioDriver _driver = new(pc, 1);
        private readonly byte[] _buffer = new byte[2048];
        private GuestQueue? _transmit;
        private bool _hasTables;

        public Random Random => random;

        public long Offered { get; private set; }

        public int Stops { get; private set; }

        public void Send(int count)
        {
            _transmit ??= Start();
            for (int i = 0; i < count; i++)
            {
                _transmit.Offer(Build(_transmit, i));
                Offered++;
            }

            for (int spins = 1; count > 0; spins++)
            {
                count -= _transmit.TryTakeUsed(out _, out _) ? 1 : 0;
                if (spins % 256 == 0 && _driver.NeedsReset)
                {
                    _transmit = null;
                    Stops++;
                    return;
                }
            }
        }

        private GuestQueue Start()
        {
            ulong features = ulong.MaxValue;
            foreach (ulong feature in (ReadOnlySpan<ulong>)[VirtioFeature.RingIndirectDescriptors, VirtioFeature.RingEventIndex, 1 << 15])
            {
                features &= random.Next(2) == 0 ? ulong.MaxValue : ~feature;
            }

            Assert.True(_driver.Negotiate(features));
            _hasTables = (features & VirtioFeature.RingIndirectDescriptors) != 0;
            Assert.True(pc.Memory.TryWrite(Rings, new byte[0x2_0000]));
            GuestQueue receive = _driver.CreateQueue(0, Rings, 16);
            GuestQueue transmit = _driver.CreateQueue(1, Rings + 0x1_0000, Size);
            _driver.Start();
            for (ushort i = 0; i < 16; i++)
            {
                receive.SetChain(i, new GuestBuffer(Receive + (i * 0x1000UL), (uint)random.Next(1, 0x1000), true));
                _ = receive.Offer(i);
            }

            return transmit;
        }

        // In descriptors of its own, so that all of a batch lie in the ring at once.
        private ushort Build(GuestQueue queue, int slot)
        {
            Span<byte> packet = HostileFrames.Make(random, _buffer);
            ulong address = Packets + ((ulong)slot * 0x1000);
            Assert.True(pc.Memory.TryWrite(address, packet));
            int first = slot * MostParts;
            int shape = random.Next(256);
            bool isTable = _hasTables && shape % 4 == 0;
            ulong table = isTable ? Tables + ((ulong)slot * MostParts * 16) : queue.Descriptors;
            int start = isTable ? 0 : first;
            int parts = 1 + random.Next(MostParts);
            int done = 0;
            for (int part = 0; part < parts; part++)
            {
                int length = part == parts - 1 ? packet.Length - done : random.Next(packet.Length - done + 1);
                bool isLast = part == parts - 1;
                queue.SetDescriptor(table, start + part, address + (ulong)done, (uint)length, isLast ? 0 : 1, isLast ? 0 : start + part + 1);
                done += length;
            }

            if (isTable)
            {
                queue.SetDescriptor(first, table, (uint)parts * 16, 4);
            }

            if (shape == 255)
            {
                // Something about it is wrong, or not.
                queue.SetDescriptor(table, start + random.Next(parts), (ulong)random.NextInt64() >> random.Next(64), (uint)random.Next() >> random.Next(32), random.Next(8), random.Next(Size + 8));
            }

            return (ushort)first;
        }
    }
}
