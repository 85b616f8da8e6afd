using System.Buffers.Binary;
using Nestvisor.Devices.Chipset;
using Nestvisor.Devices.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class IoApicTests : IDisposable
{
    private const uint Level = 0x8000;
    private const uint Masked = 0x1_0000;
    private const uint RemoteIrr = 0x4000;

    private readonly RecordingPartition _partition = new(VmClock.CreateManual());
    private readonly IoApic _ioApic;

    public IoApicTests() => _ioApic = new IoApic(_partition);

    public void Dispose() => _partition.Dispose();

    [Fact]
    public void SetPin_Edge_SendsOneMessage()
    {
        Program(4, 0x41, destination: 2);
        _ioApic.SetPin(4, true);
        _ioApic.SetPin(4, true);
        Assert.Equal([MsiMessage.Create(2, false, 0x41, 0, false)], _partition.Messages);
    }

    [Fact]
    public void SetPin_MaskedEdge_IsLost()
    {
        Program(4, 0x41 | Masked);
        _ioApic.SetPin(4, true);
        Program(4, 0x41);
        Assert.Empty(_partition.Messages);
    }

    [Fact]
    public void SetPin_MaskedLevel_IsDeliveredWhenUnmasked()
    {
        Program(16, 0x51 | Level | Masked);
        _ioApic.SetPin(16, true);
        Assert.Empty(_partition.Messages);
        Program(16, 0x51 | Level);
        Assert.Equal([MsiMessage.Create(0, false, 0x51, 0, true)], _partition.Messages);
    }

    [Fact]
    public void EndOfInterrupt_LevelStillAsserted_DeliversAgain()
    {
        Program(16, 0x51 | Level);
        _ioApic.SetPin(16, true);
        Assert.Equal(RemoteIrr, Read(0x10 + 32) & RemoteIrr);
        _ioApic.EndOfInterrupt(0x52);
        Assert.Single(_partition.Messages);
        _ioApic.EndOfInterrupt(0x51);
        Assert.Equal(2, _partition.Messages.Count);
        _ioApic.SetPin(16, false);
        _ioApic.EndOfInterrupt(0x51);
        Assert.Equal(2, _partition.Messages.Count);
        Assert.Equal(0u, Read(0x10 + 32) & RemoteIrr);
    }

    [Fact]
    public void EndOfInterrupt_ThroughRegister_ClearsRemoteIrr()
    {
        Program(16, 0x51 | Level);
        _ioApic.SetPin(16, true);
        _ioApic.SetPin(16, false);
        _ioApic.WriteMemory(0x40, [0x51, 0, 0, 0]);
        Assert.Equal(0u, Read(0x10 + 32) & RemoteIrr);
    }

    [Fact]
    public void WriteRegister_ToEdge_ClearsRemoteIrr()
    {
        Program(16, 0x51 | Level);
        _ioApic.SetPin(16, true);
        Program(16, 0x51 | Masked);
        Program(16, 0x51 | Level | Masked);
        Assert.Equal(0u, Read(0x10 + 32) & RemoteIrr);
    }

    [Fact]
    public void SetIoApicRoutes_MaskedInService_KeepsItsRoute()
    {
        Program(16, 0x51 | Level);
        _ioApic.SetPin(16, true);
        Program(16, 0x51 | Level | Masked);
        Assert.Equal(0x51, _partition.Routes[16].Vector);
        _ioApic.SetPin(16, false);
        _ioApic.EndOfInterrupt(0x51);
        Assert.Equal(default, _partition.Routes[16]);
    }

    [Fact]
    public void ReadMemory_Version_TellsPins() => Assert.Equal(0x0017_0020u, Read(1));

    [Fact]
    public void Restore_LevelInService_GoesOnIdentically()
    {
        Program(16, 0x51 | Level);
        _ioApic.SetPin(16, true);
        using RecordingPartition partition = new(VmClock.CreateManual());
        IoApic copy = new(partition);
        SavedStates.Copy(_ioApic, copy);
        Assert.Equal(SavedStates.Save(_ioApic), SavedStates.Save(copy));
        Assert.Equal(_partition.Routes, partition.Routes);
        Assert.Empty(partition.Messages);
        copy.EndOfInterrupt(0x51);
        Assert.Single(partition.Messages);
    }

    [Fact]
    public void SetIoApicRoutes_Remapped_AreTheRemappedMessages()
    {
        FakeRemapper remapper = new();
        IoApic ioApic = new(_partition, remapper);
        Program(ioApic, 16, 0x51 | Level);
        Assert.Equal(0x51, _partition.Routes[16].Vector);
        remapper.RemapsInterrupts = true;
        ioApic.RemappingChanged();
        Assert.Equal(remapper.Message, _partition.Routes[16]);
        Assert.Equal(0, remapper.Reports);
        ioApic.SetPin(16, true);
        Assert.Equal([remapper.Message], _partition.Messages);
        Assert.Equal(1, remapper.Reports);
        remapper.Blocks = true;
        ioApic.RemappingChanged();
        Assert.Equal(default, _partition.Routes[16]);
    }

    [Theory]
    [InlineData(false, 0xFF00_0000u)]
    [InlineData(true, 0xFFFF_0000u)]
    public void WriteRegister_UpperHalf_HasAnIndexOnlyWithARemapper(bool remapper, uint expected)
    {
        IoApic ioApic = new(_partition, remapper ? new FakeRemapper() : null);
        Write(ioApic, 0x11, uint.MaxValue);
        Assert.Equal(expected, Read(ioApic, 0x11));
    }

    private void Program(int pin, uint low, byte destination = 0)
    {
        Write(_ioApic, 0x11 + (pin * 2), (uint)destination << 24);
        Program(_ioApic, pin, low);
    }

    private static void Program(IoApic ioApic, int pin, uint low) => Write(ioApic, 0x10 + (pin * 2), low);

    private static void Write(IoApic ioApic, int register, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, register);
        ioApic.WriteMemory(0, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        ioApic.WriteMemory(0x10, bytes);
    }

    private static uint Read(IoApic ioApic, int register)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, register);
        ioApic.WriteMemory(0, bytes);
        ioApic.ReadMemory(0x10, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private uint Read(int register) => Read(_ioApic, register);

    private sealed class FakeRemapper : IRemapper
    {
        public MsiMessage Message { get; } = MsiMessage.Create(3, false, 0x99, 0, true);

        public bool Blocks { get; set; }

        public int Reports { get; private set; }

        public bool RemapsInterrupts { get; set; }

        public bool TryRead(ushort requester, ulong address, Span<byte> target) => false;

        public bool TryWrite(ushort requester, ulong address, ReadOnlySpan<byte> source) => false;

        public bool TryRemap(ushort? requester, MsiMessage request, bool report, out MsiMessage message)
        {
            Reports += report ? 1 : 0;
            message = Message;
            return !Blocks;
        }
    }
}
