using Nestvisor.Devices;
using Nestvisor.Machine.Tests.Boot;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Tests.Lifecycle;

/// <summary>The devices that kvm-unit-tests expects, on a whole board.</summary>
public sealed class TestDevicesTests : IDisposable
{
    private readonly ImageFolder _images = new();
    private readonly List<int> _exits = [];
    private readonly Board _board;

    public TestDevicesTests() => _board = new Board(
        TestMachine.Configure(_images, (_, _) => null, processors: 4) with { Clock = VmClock.CreateManual }, _ => { }, _exits.Add);

    public void Dispose()
    {
        _board.Dispose();
        _images.Dispose();
    }

    [Fact]
    public void Latch_AnyWidth_ReadsBack()
    {
        _board.Bus.WritePort(0xE0, 4, 0x1234_5678);
        Assert.Equal(0x5678u, _board.Bus.ReadPort(0xE0, 2));
        Assert.Equal(0x12u, _board.Bus.ReadPort(0xE3, 1));
        _board.Bus.WritePort(0xE1, 1, 0xAB);
        Assert.Equal(0x1234_AB78u, _board.Bus.ReadPort(0xE0, 4));
    }

    [Fact]
    public void MemoryLatch_AcrossItsEnd_ReadsOnesBeyond()
    {
        _board.Bus.WriteMemory(0xFF00_FFFE, [1, 2, 3, 4]);
        byte[] data = new byte[4];
        _board.Bus.ReadMemory(0xFF00_FFFE, data);
        Assert.Equal([1, 2, 0xFF, 0xFF], data);
    }

    [Fact]
    public void FirmwareConfiguration_Processors_AreTwoBytes()
    {
        _board.Bus.WritePort(0x510, 2, 5);
        Assert.Equal([4u, 0u, 0u], (uint[])[Next(), Next(), Next()]);
        _board.Bus.WritePort(0x510, 2, 3);
        Assert.Equal([0u, 0u, 0u, 1u, 0u], (uint[])[Next(), Next(), Next(), Next(), Next()]);

        uint Next() => _board.Bus.ReadPort(0x511, 1);
    }

    [Fact]
    public void InterruptPorts_Line_ReachesThePic()
    {
        foreach ((ushort port, byte value) in (ReadOnlySpan<(ushort, byte)>)[(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1)])
        {
            _board.Bus.WritePort(port, 1, value);
        }

        _board.Bus.WritePort(0x2005, 1, 1);
        Assert.Equal(0x25, _board.Bus.AcknowledgeInterrupt());
    }

    [Fact]
    public void Configuration_ByteInTheAddress_SelectsIt()
    {
        _board.Bus.WritePort(0xCF8, 4, 0x8000_0002);
        Assert.Equal(0x0008u, _board.Bus.ReadPort(0xCFC, 2));
        _board.Bus.WritePort(0xCF8, 4, 0x8000_0003);
        Assert.Equal(uint.MaxValue, _board.Bus.ReadPort(0xCFC, 4));
    }

    [Fact]
    public void RemappingUnit_IoApicPinOfTheEdu_IsRemapped()
    {
        const ulong Table = 0x2_0000;
        Assert.Equal(0x10u, Read32(0xFED9_0000));
        ulong edu = FindEdu();
        Assert.True(_board.Memory.TryWrite(Table + 16, [1, 0, 0x51, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        Write32(0xFED9_00B8, (uint)Table);
        Write32(0xFED9_0018, 1u << 24);
        Write32(0xFED9_0018, 1u << 25);
        Write32(0xFEC0_0000, 0x10 + (17 * 2) + 1);
        Write32(0xFEC0_0010, (1u << 17) | (1u << 16));
        Write32(0xFEC0_0000, 0x10 + (17 * 2));
        Write32(0xFEC0_0010, 0x51);
        Write32(edu + 0x60, 1);
        Assert.Equal([MsiMessage.Create(0, false, 0x51, 0, false)], ((ScriptedPartition)_board.Partition).Messages);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Exit_AnyWidth_TellsTheCode(int size)
    {
        _board.Bus.WritePort(0xF4, size, 38);
        Assert.Equal([38], _exits);
    }

    [Theory]
    [InlineData(0x1234)]
    [InlineData(0x0)]
    [InlineData(0x5000)]
    [InlineData(0xFFFF)]
    public void UnassignedPort_Access_GivesAllOnes(int port)
    {
        _board.Bus.WritePort((ushort)port, 4, 0);
        Assert.Equal(uint.MaxValue, _board.Bus.ReadPort((ushort)port, 4));
    }

    [Fact]
    public void Reset_EveryDevice_IsAsAfterPowerOn()
    {
        Dictionary<string, byte[]> before = SaveAll();
        _board.Bus.WritePort(0xE0, 4, 1);
        _board.Bus.WritePort(0x3F9, 1, 15);
        _board.Bus.WritePort(0x21, 1, 0x55);
        _board.Bus.WritePort(0x602, 2, 0x0100);
        _board.Bus.WritePort(0x2003, 1, 1);
        _board.Bus.WritePort(0x43, 1, 0x30);
        _board.Bus.WriteMemory(0xFEC0_0000, [0x10, 0, 0, 0]);
        _board.Bus.WriteMemory(0xFEC0_0010, [0x31, 0, 0, 0]);
        Write32(0xFED9_0018, 1u << 31);
        Write32(FindEdu() + 0x60, 1);
        _board.Reset();
        foreach ((string name, byte[] state) in SaveAll())
        {
            Assert.True(before[name].AsSpan().SequenceEqual(state), name);
        }
    }

    private ulong FindEdu()
    {
        _board.Bus.WritePort(0xCF8, 4, 0x8000_0800);
        Assert.Equal(0x11E8_1234u, _board.Bus.ReadPort(0xCFC, 4));
        _board.Bus.WritePort(0xCF8, 4, 0x8000_0810);
        return _board.Bus.ReadPort(0xCFC, 4);
    }

    private uint Read32(ulong address)
    {
        byte[] data = new byte[4];
        _board.Bus.ReadMemory(address, data);
        return BitConverter.ToUInt32(data);
    }

    private void Write32(ulong address, uint value) => _board.Bus.WriteMemory(address, BitConverter.GetBytes(value));

    private Dictionary<string, byte[]> SaveAll()
    {
        Dictionary<string, byte[]> states = [];
        foreach (IDevice device in _board.Devices)
        {
            StateWriter writer = new();
            device.Save(writer);
            states.Add(device.StateName, writer.Written.ToArray());
        }

        return states;
    }
}
