namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>A bus of lists; the first range that holds an access answers.</summary>
internal sealed class FakeBus : IDeviceBus
{
    private readonly Lock _lock = new();
    private readonly List<(ulong First, ulong Last, IMmioDevice Device)> _memory = [];
    private readonly List<(int First, int Last, IPortDevice Device)> _ports = [];

    public int MemoryRanges
    {
        get
        {
            lock (_lock)
            {
                return _memory.Count;
            }
        }
    }

    public IDisposable AddPorts(ushort first, int count, IPortDevice device) => Add(_ports, (first, first + count - 1, device));

    public IDisposable AddMemory(ulong address, ulong length, IMmioDevice device)
    {
        Assert.NotEqual(0UL, length);
        return Add(_memory, (address, address + length - 1, device));
    }

    public uint ReadPort(ushort port, int size) => FindPort(port)?.ReadPort(port, size) ?? uint.MaxValue;

    public void WritePort(ushort port, int size, uint value) => FindPort(port)?.WritePort(port, size, value);

    public void Read(ulong address, Span<byte> data)
    {
        data.Fill(0xFF);
        FindMemory(address, out ulong offset)?.ReadMemory(offset, data);
    }

    public void Write(ulong address, ReadOnlySpan<byte> data) => FindMemory(address, out ulong offset)?.WriteMemory(offset, data);

    private IPortDevice? FindPort(ushort port)
    {
        lock (_lock)
        {
            return _ports.Find(range => port >= range.First && port <= range.Last).Device;
        }
    }

    private IMmioDevice? FindMemory(ulong address, out ulong offset)
    {
        lock (_lock)
        {
            (ulong first, _, IMmioDevice? device) = _memory.Find(range => address >= range.First && address <= range.Last);
            offset = address - first;
            return device;
        }
    }

    private Removal Add<T>(List<T> list, T item)
    {
        lock (_lock)
        {
            list.Add(item);
        }

        return new Removal(() =>
        {
            lock (_lock)
            {
                list.Remove(item);
            }
        });
    }
}
