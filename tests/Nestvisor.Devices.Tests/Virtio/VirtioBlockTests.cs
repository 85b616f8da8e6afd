using System.Buffers.Binary;
using System.Text;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioBlockTests : IDisposable
{
    private const ulong Rings = 0x1_0000;
    private const ulong Header = 0x2_0000;
    private const ulong Data = 0x3_0000;
    private const ulong StatusByte = 0x2_1000;

    private readonly TestPc _pc = new();
    private MemoryDisk _disk = new(1 << 20);

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Configuration_Read_TellsTheDisk()
    {
        VirtioDriver driver = Add();
        byte[] data = driver.ReadDeviceConfiguration(60);
        Assert.Equal(2048UL, BinaryPrimitives.ReadUInt64LittleEndian(data));
        Assert.Equal(254u, BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(12)));
        Assert.Equal(512u, BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(20)));
        Assert.Equal(0UL, driver.ReadOffered() & (1 << 5));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeature.RingEventIndex)]
    [InlineData(VirtioFeature.RingIndirectDescriptors)]
    public void WriteThenRead_ScatteredBuffers_CarriesTheBytes(ulong ring)
    {
        (_, GuestQueue queue) = Start(VirtioFeature.Version1 | (1 << 9) | ring);
        byte[] pattern = [.. Enumerable.Range(0, 1536).Select(i => (byte)(i * 7))];
        Assert.True(_pc.Memory.TryWrite(Data, pattern));
        Request(queue, 1, 5, new GuestBuffer(Data, 100, false), new GuestBuffer(Data + 100, 924, false), new GuestBuffer(Data + 1024, 512, false));
        Assert.Equal(0, Status());
        Assert.Equal(pattern, _disk.Data.AsSpan(5 * 512, 1536).ToArray());

        (_, uint written) = Request(queue, 0, 5, new GuestBuffer(Data + 0x1000, 512, true), new GuestBuffer(Data + 0x2003, 1024, true));
        Assert.Equal(0, Status());
        Assert.Equal(1537u, written);
        byte[] read = new byte[1536];
        Assert.True(_pc.Memory.TryRead(Data + 0x1000, read.AsSpan(0, 512)));
        Assert.True(_pc.Memory.TryRead(Data + 0x2003, read.AsSpan(512)));
        Assert.Equal(pattern, read);
    }

    [Fact]
    public unsafe void Read_IntoMemory_MarksThePagesDirty()
    {
        (_, GuestQueue queue) = Start();
        ulong page = (Data + 0x1000) / 4096;
        _pc.Memory.ClearFlag(page, PageFlag.Dirty);
        _pc.Memory.ClearFlag(page + 1, PageFlag.Dirty);
        Request(queue, 0, 0, new GuestBuffer(Data + 0x1E00, 1024, true));
        Assert.Equal((byte)PageFlag.Dirty, _pc.Memory.PageFlags[page]);
        Assert.Equal((byte)PageFlag.Dirty, _pc.Memory.PageFlags[page + 1]);
    }

    [Fact]
    public void Indirect_Chain_IsServed()
    {
        (_, GuestQueue queue) = Start();
        _disk.Data[0] = 0x77;
        WriteHeader(0, 0);
        ulong table = 0x2_2000;
        queue.SetDescriptor(table, 0, Header, 16, 1, 2);
        queue.SetDescriptor(table, 2, Data, 512, 3, 1);
        queue.SetDescriptor(table, 1, StatusByte, 1, 2);
        queue.SetDescriptor(7, table, 48, 4);
        queue.Offer(7);
        Assert.Equal((7u, 513u), queue.WaitUsed());
        Assert.Equal(0x77, ReadByte(Data));
    }

    [Fact]
    public void GetIdentity_Read_GivesTheSerialNumber()
    {
        (_, GuestQueue queue) = Start();
        Request(queue, 8, 0, new GuestBuffer(Data, 20, true));
        Span<byte> id = stackalloc byte[20];
        Assert.True(_pc.Memory.TryRead(Data, id));
        Assert.Equal("disk-0", Encoding.ASCII.GetString(id).TrimEnd('\0'));
    }

    [Theory]
    [InlineData(0u, 2048UL, 512u, 1)]
    [InlineData(0u, 2047UL, 1024u, 1)]
    [InlineData(0u, ulong.MaxValue, 512u, 1)]
    [InlineData(0u, 0x80_0000_0000_0000UL, 512u, 1)]
    [InlineData(0u, 0UL, 511u, 1)]
    [InlineData(99u, 0UL, 512u, 2)]
    public void Request_Impossible_FailsWithoutStoppingTheDevice(uint type, ulong sector, uint length, int status)
    {
        (VirtioDriver driver, GuestQueue queue) = Start();
        Request(queue, type, sector, new GuestBuffer(Data, length, true));
        Assert.Equal(status, Status());
        Request(queue, 0, 0, new GuestBuffer(Data, 512, true));
        Assert.Equal(0, Status());
        Assert.False(driver.NeedsReset);
    }

    [Fact]
    public void Write_ReadOnlyDisk_Fails()
    {
        _disk = new MemoryDisk(1 << 20, readOnly: true);
        (VirtioDriver driver, GuestQueue queue) = Start();
        Assert.NotEqual(0UL, driver.Features & (1 << 5));
        Request(queue, 1, 0, new GuestBuffer(Data, 512, false));
        Assert.Equal(1, Status());
        Request(queue, 13, 0, new GuestBuffer(Data, 16, false));
        Assert.Equal(2, Status());
    }

    [Fact]
    public void Request_HostFails_ReportsAnInputOutputError()
    {
        (_, GuestQueue queue) = Start();
        _disk.Fails = true;
        Request(queue, 0, 0, new GuestBuffer(Data, 512, true));
        Assert.Equal(1, Status());
        Request(queue, 4, 0);
        Assert.Equal(1, Status());
        _disk.Fails = false;
        Request(queue, 4, 0);
        Assert.Equal(0, Status());
        Assert.Equal(1, _disk.Flushes);
    }

    [Fact]
    public void Write_FlushNotNegotiated_IsDurableAtOnce()
    {
        (_, GuestQueue queue) = Start(VirtioFeature.Version1);
        Request(queue, 1, 0, new GuestBuffer(Data, 512, false));
        Assert.Equal(1, _disk.Flushes);
    }

    [Fact]
    public void WriteZeroes_Ranges_ZeroesThem()
    {
        (_, GuestQueue queue) = Start();
        _disk.Data.AsSpan().Fill(1);
        byte[] ranges = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(ranges, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(ranges.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt64LittleEndian(ranges.AsSpan(16), 9);
        BinaryPrimitives.WriteUInt32LittleEndian(ranges.AsSpan(24), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(ranges.AsSpan(28), 1);
        Assert.True(_pc.Memory.TryWrite(Data, ranges));
        Request(queue, 13, 0, new GuestBuffer(Data, 32, false));
        Assert.Equal(0, Status());
        Assert.Equal(3 * 512, _disk.Data.Count(value => value == 0));
        Request(queue, 11, 0, new GuestBuffer(Data, 32, false));
        Assert.Equal(2, Status());
        Request(queue, 11, 0, new GuestBuffer(Data, 16, false));
        Assert.Equal(0, Status());
        Request(queue, 11, 0, new GuestBuffer(Data, 15, false));
        Assert.Equal(1, Status());
    }

    [Theory]
    [InlineData(15u, 1u)]
    [InlineData(16u, 0u)]
    public void Request_WithoutHeaderOrStatus_StopsTheDevice(uint header, uint status)
    {
        (VirtioDriver driver, GuestQueue queue) = Start();
        queue.SetChain(0, new GuestBuffer(Header, header, false), new GuestBuffer(StatusByte, status, true));
        queue.Offer(0);
        driver.WaitForNeedsReset();
    }

    [Fact]
    public void Save_Restore_NextRequestRunsInTheNewMachine()
    {
        (_, GuestQueue queue) = Start();
        for (int i = 0; i < 300; i++)
        {
            Request(queue, 0, 0, new GuestBuffer(Data, 512, true));
        }

        StateWriter writer = new();
        _pc.Pci.Functions[1].Pause();

        // Offered while the device is paused: the restored one finds it.
        _disk.Data[512] = 0x5A;
        queue.RequestInterrupt();
        WriteHeader(0, 1);
        queue.SetChain(0, new GuestBuffer(Header, 16, false), new GuestBuffer(Data, 512, true), new GuestBuffer(StatusByte, 1, true));
        queue.Offer(0);
        _pc.Pci.Functions[1].Save(writer);
        byte[] memory = new byte[_pc.Memory.Size];
        Assert.True(_pc.Memory.TryRead(0, memory));

        using TestPc other = new();
        MemoryDisk disk = new(1 << 20);
        _disk.Data.CopyTo(disk.Data, 0);
        other.Pci.Add(new VirtioPciFunction(other.Services, new VirtioBlock(disk, "disk-0")));
        other.Pci.Functions[1].Restore(new StateReader(writer.Written));
        Assert.True(other.Memory.TryWrite(0, memory));
        other.Pci.Functions[1].Resume();
        VirtioDriver.WaitFor(
            () =>
            {
                byte[] value = new byte[1];
                return other.Memory.TryRead(Data, value) && value[0] == 0x5A && !other.Partition.Messages.IsEmpty;
            },
            "the restored device to serve the request");
        Assert.Equal(VirtioDriver.Vector + 1u, Assert.Single(other.Partition.Messages).Data);

        StateWriter again = new();
        other.Pci.Functions[1].Pause();
        other.Pci.Functions[1].Save(again);
        _pc.Pci.Functions[1].Resume();
        queue.WaitUsed();
        _pc.Pci.Functions[1].Pause();
        StateWriter original = new();
        _pc.Pci.Functions[1].Save(original);
        Assert.Equal(original.Written.ToArray(), again.Written.ToArray());
    }

    [Fact]
    public void Request_DiskIsSlow_HoldsUpNeitherNotificationNorRegisters()
    {
        (VirtioDriver driver, GuestQueue queue) = Start();
        using ManualResetEventSlim gate = new();
        _disk.Gate = gate;
        WriteHeader(0, 0);
        queue.SetChain(0, new GuestBuffer(Header, 16, false), new GuestBuffer(Data, 512, true), new GuestBuffer(StatusByte, 1, true));
        queue.Offer(0);
        queue.Notify();
        Assert.Equal(2048UL, _pc.ReadMmio(driver.DeviceConfiguration, 8));
        Assert.Equal(0, driver.ReadIsr());
        Assert.False(driver.NeedsReset);
        Assert.False(queue.TryTakeUsed(out _, out _));
        gate.Set();
        queue.WaitUsed();
        Assert.Equal(0, Status());
    }

    [Fact]
    public async Task Reset_DiskIsSlow_WaitsForTheRequestAndNoOther()
    {
        (VirtioDriver driver, GuestQueue queue) = Start();
        using ManualResetEventSlim gate = new();
        _disk.Gate = gate;
        WriteHeader(0, 0);
        queue.SetChain(0, new GuestBuffer(Header, 16, false), new GuestBuffer(Data, 512, true), new GuestBuffer(StatusByte, 1, true));
        for (int i = 0; i < 10; i++)
        {
            queue.Offer(0);
        }

        Task reset = Task.Run(() => driver.Write(VirtioCommon.DeviceStatus, 1, 0), TestContext.Current.CancellationToken);
        gate.Set();
        await reset.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(0, driver.Status);
        Assert.True(_pc.Memory.TryWrite(StatusByte, [0xEE]));
        queue.Notify();
        _pc.Pci.Functions[1].Pause();
        Assert.Equal(0xEE, Status());
    }

    private VirtioDriver Add()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioBlock(_disk, "disk-0")));
        return new VirtioDriver(_pc, 1);
    }

    private (VirtioDriver Driver, GuestQueue Queue) Start(ulong features = ulong.MaxValue)
    {
        VirtioDriver driver = Add();
        Assert.True(driver.Negotiate(features));
        driver.EnableMsix();
        GuestQueue queue = driver.CreateQueue(0, Rings, 64);
        driver.Start();
        Assert.Single(_pc.Partition.Doorbells);
        return (driver, queue);
    }

    private void WriteHeader(uint type, ulong sector)
    {
        Span<byte> header = stackalloc byte[16];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        Assert.True(_pc.Memory.TryWrite(Header, header));
        Assert.True(_pc.Memory.TryWrite(StatusByte, [0xEE]));
    }

    private (uint Head, uint Written) Request(
        GuestQueue queue, uint type, ulong sector, params ReadOnlySpan<GuestBuffer> data)
    {
        WriteHeader(type, sector);
        queue.SetChain(0, [new GuestBuffer(Header, 16, false), .. data, new GuestBuffer(StatusByte, 1, true)]);
        queue.Offer(0);
        return queue.WaitUsed();
    }

    private byte Status() => ReadByte(StatusByte);

    private byte ReadByte(ulong address)
    {
        byte[] value = new byte[1];
        Assert.True(_pc.Memory.TryRead(address, value));
        return value[0];
    }
}
