using Nestvisor.Devices;
using Nestvisor.Machine.Bus;

namespace Nestvisor.Machine.Tests.Bus;

public sealed class MachineBusTests
{
    private readonly MachineBus _bus = new();

    [Theory]
    [InlineData(1, 0xFFu)]
    [InlineData(2, 0xFFFFu)]
    [InlineData(4, 0xFFFF_FFFFu)]
    public void ReadPort_NobodyThere_GivesAllOnes(int size, uint expected) => Assert.Equal(expected, _bus.ReadPort(0x1234, size));

    [Fact]
    public void ReadMemory_NobodyThere_GivesAllOnes()
    {
        byte[] data = new byte[32];
        _bus.ReadMemory(0xD000_0000, data);
        Assert.All(data, value => Assert.Equal(0xFF, value));
        _bus.WriteMemory(ulong.MaxValue, data);
    }

    [Fact]
    public void AddMemory_Overlap_TheFirstAnswersUntilItGoes()
    {
        using IDisposable middle = _bus.AddMemory(0x2000, 0x1000, new Echo(1));
        _bus.AddMemory(0x1000, 0x3000, new Echo(2));
        Assert.Equal([2, 0x0F], Read(0x1F0F));
        Assert.Equal([1, 0x10], Read(0x2010));
        Assert.Equal([2, 0x08], Read(0x3008));
        middle.Dispose();
        Assert.Equal([2, 0x10], Read(0x2010));
        Assert.Equal([0xFF, 0xFF], Read(0x4000));
    }

    [Fact]
    public void AddMemory_UpToTheEnd_IsCutOff()
    {
        _bus.AddMemory(ulong.MaxValue - 0xFFF, ulong.MaxValue, new Echo(3));
        Assert.Equal(3, Read(ulong.MaxValue - 1)[0]);
    }

    [Fact]
    public void AddPorts_RandomRanges_AnswerAsAListInOrderDoes()
    {
        Random random = new(7);
        List<(int First, int Last, Echo Device, IDisposable Registration)> model = [];
        for (int step = 0; step < 400; step++)
        {
            if (model.Count > 12)
            {
                int victim = random.Next(model.Count);
                model[victim].Registration.Dispose();
                model.RemoveAt(victim);
            }

            int first = random.Next(0x200);
            int count = random.Next(1, 0x80);
            Echo device = new((byte)step);
            model.Add((first, first + count - 1, device, _bus.AddPorts((ushort)first, count, device)));
            for (int port = 0; port < 0x290; port++)
            {
                int hit = model.FindIndex(range => port >= range.First && port <= range.Last);
                uint expected = hit < 0 ? 0xFFu : model[hit].Device.Id;
                Assert.Equal(expected, _bus.ReadPort((ushort)port, 1));
            }
        }
    }

    private byte[] Read(ulong address)
    {
        byte[] data = new byte[2];
        _bus.ReadMemory(address, data);
        return data;
    }

    private sealed class Echo(byte id) : IMmioDevice, IPortDevice
    {
        public byte Id => id;

        public void ReadMemory(ulong offset, Span<byte> data) => (data[0], data[1]) = (id, (byte)offset);

        public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
        {
        }

        public uint ReadPort(ushort port, int size) => id;

        public void WritePort(ushort port, int size, uint value)
        {
        }
    }
}
