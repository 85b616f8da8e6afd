using Nestvisor.Devices.Pci;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioHostileTests : IDisposable
{
    private const ulong Rings = 0x1_0000;
    private const ulong Data = 0x3_0000;
    private const int Next = 1;
    private const int Write = 2;
    private const int Indirect = 4;

    private readonly TestPc _pc = new();
    private readonly MemoryDisk _disk = new(1 << 20);

    public VirtioHostileTests()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioBlock(_disk, "disk")));
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioConsole(new RecordingBackend())));
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioEntropy()));
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioNetwork(new LoopbackPort(), MacAddress.Read([2, 0, 0, 0, 0, 1]))));
    }

    public enum Abuse
    {
        LoopToItself,
        LoopOfTwo,
        IndirectLoop,
        IndirectInIndirect,
        IndirectWithNext,
        IndirectOddLength,
        IndirectEmpty,
        IndirectOutsideMemory,
        IndirectTooLong,
        IndirectNextOutside,
        NextOutside,
        HeadOutside,
        IndexTooFarAhead,
        AddressOutsideMemory,
        AddressWraps,
        LengthHuge,
        ReadableAfterWritable,
    }

    public static TheoryData<Abuse> Abuses => [.. Enum.GetValues<Abuse>()];

    public void Dispose() => _pc.Dispose();

    [Theory]
    [MemberData(nameof(Abuses))]
    public void Chain_AgainstTheRules_StopsThatDeviceUntilReset(Abuse abuse)
    {
        VirtioDriver driver = new(_pc, 1);
        GuestQueue queue = Start(driver);
        queue.Offer(Build(queue, abuse));
        if (abuse == Abuse.IndexTooFarAhead)
        {
            Assert.True(_pc.Memory.TryWrite(queue.Available + 2, [0, 0x80]));
            queue.Notify();
        }

        driver.WaitForNeedsReset();
        Assert.False(queue.TryTakeUsed(out _, out _));
        VirtioDriver.WaitFor(() => _pc.Partition.Messages.Any(m => m.Data == VirtioDriver.Vector), "the configuration interrupt");

        // The device lives on after a reset.
        queue = Start(driver);
        queue.SetChain(0, new GuestBuffer(Data, 16, false), new GuestBuffer(Data + 512, 513, true));
        Assert.True(_pc.Memory.TryWrite(Data, new byte[16]));
        queue.Offer(0);
        Assert.Equal((0u, 513u), queue.WaitUsed());
    }

    [Fact]
    public void Chain_IndirectNotNegotiated_StopsTheDevice()
    {
        VirtioDriver driver = new(_pc, 1);
        GuestQueue queue = Start(driver, VirtioFeature.Version1);
        queue.SetDescriptor(0, Data, 16, Indirect);
        queue.Offer(0);
        driver.WaitForNeedsReset();
    }

    [Theory]
    [InlineData(0x0UL, 0x8000_0000UL)]
    [InlineData(0x1UL, 0UL)]
    [InlineData(0x40_0000UL, 0UL)]
    [InlineData(0x3F_FFF0UL, 0UL)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF0UL, 0UL)]
    public void Rings_WhereNoRingCanBe_AskForReset(ulong descriptors, ulong used)
    {
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate());
        driver.CreateQueue(0, Rings, 64);
        driver.Write(VirtioCommon.DeviceStatus, 1, 0);
        Assert.True(driver.Negotiate());
        driver.Write(VirtioCommon.QueueSize, 2, 64);
        driver.Write(VirtioCommon.QueueDescriptors, 8, descriptors);
        driver.Write(VirtioCommon.QueueDriver, 8, Rings);
        driver.Write(VirtioCommon.QueueDevice, 8, used == 0 ? Rings + 0x1000 : used);
        driver.Write(VirtioCommon.QueueEnable, 2, 1);
        driver.Start();
        Assert.True(driver.NeedsReset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(512)]
    [InlineData(0xFFFF)]
    public void QueueSize_Impossible_AsksForReset(int size)
    {
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate());
        driver.CreateQueue(0, Rings, 64);
        driver.Write(VirtioCommon.DeviceStatus, 1, 0);
        Assert.True(driver.Negotiate());
        driver.Write(VirtioCommon.QueueSize, 2, (ulong)size);
        driver.Write(VirtioCommon.QueueDriver, 8, Rings + 0x1_0000);
        driver.Write(VirtioCommon.QueueDevice, 8, Rings + 0x2_0000);
        driver.Write(VirtioCommon.QueueEnable, 2, 1);
        driver.Start();
        Assert.True(driver.NeedsReset);
    }

    [Fact]
    public void Registers_RandomAccesses_NeitherThrowNorGrow()
    {
        Random random = new(20241);
        byte[] data = new byte[32];
        long before = 0;
        for (int i = 0; i < 60_000; i++)
        {
            if (i == 20_000)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }

            int device = random.Next(6);
            switch (random.Next(8))
            {
                case 0:
                    _pc.WriteConfiguration(device, random.Next(256) & ~3, (uint)random.NextInt64(), 4);
                    break;
                case 1:
                    _pc.WriteConfiguration(device, random.Next(0x40, 256) & ~1, (uint)random.Next(0x10000), 2);
                    break;
                case 2:
                    _pc.ReadConfiguration(device, random.Next(256), 1);
                    break;
                case 3:
                    _pc.Bus.WritePort((ushort)random.Next(0xCF8, 0xD00), 1 << random.Next(3), (uint)random.NextInt64());
                    _pc.Bus.ReadPort((ushort)random.Next(0xCF8, 0xD00), 1 << random.Next(3));
                    break;
                case 4:
                    // Put it back where the accesses below find it.
                    _pc.Pci.Functions[random.Next(5)].Reset();
                    break;
                default:
                    PciFunction function = _pc.Pci.Functions[1 + random.Next(4)];
                    ulong bar = _pc.ReadBar(function.DeviceNumber, random.Next(3) == 0 ? 1 : 4);
                    ulong address = bar + (ulong)(random.Next(4) * 0x1000) + (ulong)random.Next(0x48);
                    int size = random.Next(4) == 0 ? random.Next(1, 33) : 1 << random.Next(4);
                    random.NextBytes(data);
                    if (random.Next(2) == 0)
                    {
                        data.AsSpan(1).Clear();
                    }

                    _pc.Bus.Write(address, data.AsSpan(0, size));
                    _pc.Bus.Read(address, data.AsSpan(0, size));
                    break;
            }

            _pc.Partition.Messages.Clear();
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, before + (4 << 20));
        CheckAllAlive();
    }

    [Fact]
    public async Task Registers_TwoProcessorsAtOnce_NeitherThrowNorDeadlock()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        byte[] noise = new byte[0x2000];
        new Random(5).NextBytes(noise);
        Assert.True(_pc.Memory.TryWrite(Rings, noise));
        Task[] processors = [.. Enumerable.Range(0, 2).Select(seed => Task.Run(() => Hammer(new Random(seed)), cancellation))];
        await Task.WhenAll(processors).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        CheckAllAlive();
    }

    [Fact]
    public void Rings_RandomContents_NeitherThrowNorHang()
    {
        Random random = new(777);
        byte[] rings = new byte[0x1000];
        for (int i = 0; i < 4_000; i++)
        {
            VirtioDriver driver = new(_pc, 1 + random.Next(4));
            Assert.True(driver.Negotiate(random.Next(2) == 0 ? ulong.MaxValue : VirtioFeature.Version1));
            random.NextBytes(rings);

            // Plausible descriptors reach deeper than noise: small addresses, lengths, flags and links.
            for (int at = 0; at < rings.Length; at += 16)
            {
                if (random.Next(8) != 0)
                {
                    BitConverter.TryWriteBytes(rings.AsSpan(at), (ulong)random.Next(0x42_0000));
                    BitConverter.TryWriteBytes(rings.AsSpan(at + 8), random.Next(4) == 0 ? 16 * random.Next(8) : random.Next(0x3000));
                    BitConverter.TryWriteBytes(rings.AsSpan(at + 12), (ushort)random.Next(8));
                    BitConverter.TryWriteBytes(rings.AsSpan(at + 14), (ushort)random.Next(20));
                }
            }

            Assert.True(_pc.Memory.TryWrite(Rings, rings));
            for (int number = 0; number < 2; number++)
            {
                GuestQueue queue = driver.CreateQueue(number, Rings + (ulong)(number * 0x800), 16);
                Assert.True(_pc.Memory.TryWrite(queue.Available + 2, [(byte)random.Next(18), 0]));
            }

            driver.Start();
            for (int kicks = random.Next(4); kicks > 0; kicks--)
            {
                _pc.WriteMmio(driver.Notification + (ulong)(random.Next(2) * 4), 2, 0);
                Assert.True(_pc.Memory.TryWrite(Rings + (ulong)random.Next(0x1000), [(byte)random.Next(256)]));
            }

            _pc.Partition.Messages.Clear();
        }

        CheckAllAlive();
    }

    // Starts and resets the same devices, moves their addresses and notifies them.
    private void Hammer(Random random)
    {
        for (int i = 0; i < 10_000; i++)
        {
            PciFunction function = _pc.Pci.Functions[1 + random.Next(4)];
            int device = function.DeviceNumber;
            ulong bar = _pc.ReadBar(device, 4);
            switch (random.Next(8))
            {
                case 0:
                    _pc.WriteConfiguration(device, 0x20, 0xD000_0000 + ((uint)random.Next(4) * 0x4000));
                    break;
                case 1:
                    _pc.WriteConfiguration(device, 4, (uint)(random.Next(8) == 0 ? random.Next(0x800) : 6), 2);
                    break;
                case 2:
                    _pc.WriteMmio(bar + VirtioCommon.DeviceStatus, 1, 0);
                    break;
                case 3:
                    _pc.WriteMmio(bar + VirtioCommon.DriverFeatureSelect, 4, 1);
                    _pc.WriteMmio(bar + VirtioCommon.DriverFeature, 4, 1);
                    _pc.WriteMmio(bar + VirtioCommon.QueueSelect, 2, (ulong)random.Next(2));
                    _pc.WriteMmio(bar + VirtioCommon.QueueDescriptors, 8, Rings);
                    _pc.WriteMmio(bar + VirtioCommon.QueueDriver, 8, Rings + 0x800);
                    _pc.WriteMmio(bar + VirtioCommon.QueueDevice, 8, Rings + 0x1000);
                    _pc.WriteMmio(bar + VirtioCommon.QueueSize, 2, 16);
                    _pc.WriteMmio(bar + VirtioCommon.QueueEnable, 2, 1);
                    _pc.WriteMmio(bar + VirtioCommon.DeviceStatus, 1, VirtioStatus.FeaturesOk);
                    break;
                case 4:
                    _pc.WriteMmio(bar + VirtioCommon.DeviceStatus, 1, VirtioStatus.FeaturesOk | VirtioStatus.DriverOk);
                    break;
                case 5:
                    _pc.WriteConfiguration(device, _pc.FindCapability(device, 0x11) + 2, (uint)random.Next(4) << 14, 2);
                    break;
                default:
                    _pc.WriteMmio(bar + 0x3000 + ((ulong)random.Next(2) * 4), 2, 0);
                    _pc.ReadMmio(bar + 0x1000, 1);
                    break;
            }
        }
    }

    // A lost worker thread would leave a request unanswered.
    private void CheckAllAlive()
    {
        foreach (PciFunction function in _pc.Pci.Functions)
        {
            function.Reset();
        }

        Assert.True(_pc.Memory.TryWrite(Rings, new byte[0x1000]));
        Assert.True(_pc.Memory.TryWrite(Data, new byte[0x1000]));
        for (int device = 1; device <= 4; device++)
        {
            VirtioDriver driver = new(_pc, device);
            Assert.True(driver.Negotiate());
            int number = device is 2 or 4 ? 1 : 0;
            GuestQueue queue = driver.CreateQueue(number, Rings + ((ulong)device * 0x1000), 16);
            Assert.True(_pc.Memory.TryWrite(queue.Descriptors, new byte[0x1000]));
            driver.Start();
            queue.SetChain(0, new GuestBuffer(Data, 64, false), new GuestBuffer(Data + 512, 513, true));
            queue.Offer(0);
            queue.WaitUsed();
        }
    }

    private GuestQueue Start(VirtioDriver driver, ulong features = ulong.MaxValue)
    {
        Assert.True(driver.Negotiate(features));
        driver.EnableMsix();
        GuestQueue queue = driver.CreateQueue(0, Rings, 64);
        Assert.True(_pc.Memory.TryWrite(Rings, new byte[0x1000]));
        driver.Start();
        return queue;
    }

    private static ushort Build(GuestQueue queue, Abuse abuse)
    {
        const ulong Table = Data + 0x1000;
        switch (abuse)
        {
            case Abuse.LoopToItself:
                queue.SetDescriptor(0, Data, 16, Next, 0);
                break;
            case Abuse.LoopOfTwo:
                queue.SetDescriptor(0, Data, 16, Next, 1);
                queue.SetDescriptor(1, Data, 16, Next, 0);
                break;
            case Abuse.IndirectLoop:
                queue.SetDescriptor(0, Table, 32, Indirect);
                queue.SetDescriptor(Table, 0, Data, 16, Next, 1);
                queue.SetDescriptor(Table, 1, Data, 16, Next, 0);
                break;
            case Abuse.IndirectInIndirect:
                queue.SetDescriptor(0, Table, 16, Indirect);
                queue.SetDescriptor(Table, 0, Table, 16, Indirect);
                break;
            case Abuse.IndirectWithNext:
                queue.SetDescriptor(0, Table, 16, Indirect | Next, 1);
                queue.SetDescriptor(Table, 0, Data, 16, 0);
                break;
            case Abuse.IndirectOddLength:
                queue.SetDescriptor(0, Table, 17, Indirect);
                break;
            case Abuse.IndirectEmpty:
                queue.SetDescriptor(0, Table, 0, Indirect);
                break;
            case Abuse.IndirectOutsideMemory:
                queue.SetDescriptor(0, 0x3F_FFF0, 32, Indirect);
                break;
            case Abuse.IndirectTooLong:
                queue.SetDescriptor(0, 0, 1025 * 16, Indirect);
                break;
            case Abuse.IndirectNextOutside:
                queue.SetDescriptor(0, Table, 16, Indirect);
                queue.SetDescriptor(Table, 0, Data, 16, Next, 1);
                break;
            case Abuse.NextOutside:
                queue.SetDescriptor(0, Data, 16, Next, 64);
                break;
            case Abuse.HeadOutside:
                return 64;
            case Abuse.AddressOutsideMemory:
                queue.SetDescriptor(0, 0x40_0000, 16, Write);
                break;
            case Abuse.AddressWraps:
                queue.SetDescriptor(0, ulong.MaxValue - 7, 16, 0);
                break;
            case Abuse.LengthHuge:
                queue.SetDescriptor(0, 0, uint.MaxValue, Write);
                break;
            case Abuse.ReadableAfterWritable:
                queue.SetDescriptor(0, Data, 16, Write | Next, 1);
                queue.SetDescriptor(1, Data, 16, 0);
                break;
        }

        return 0;
    }
}
