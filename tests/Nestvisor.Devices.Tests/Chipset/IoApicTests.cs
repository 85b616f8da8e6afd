using System.Buffers.Binary;
using Nestvisor.Devices.Chipset;
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

    private void Program(int pin, uint low, byte destination = 0)
    {
        Write(0x11 + (pin * 2), (uint)destination << 24);
        Write(0x10 + (pin * 2), low);
    }

    private void Write(int register, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, register);
        _ioApic.WriteMemory(0, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _ioApic.WriteMemory(0x10, bytes);
    }

    private uint Read(int register)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, register);
        _ioApic.WriteMemory(0, bytes);
        _ioApic.ReadMemory(0x10, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
