using System.Collections.Concurrent;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Kvm.Tests;

/// <summary>Records what a guest reaches beyond its memory, and ends the run at a write to port F4h.</summary>
internal sealed class TestBus : IMachineBus
{
    public const ushort ExitPort = 0xF4;

    private readonly ConcurrentDictionary<(string Kind, ulong Value), ManualResetEventSlim> _seen = new();

    public ConcurrentQueue<(ushort Port, int Size, uint Value)> PortWrites { get; } = new();

    public ConcurrentQueue<(ulong Address, byte[] Data)> MemoryWrites { get; } = new();

    public Func<ushort, int, uint> PortReader { get; set; } = (_, size) => size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1;

    public Func<ulong, ulong> MemoryReader { get; set; } = _ => ulong.MaxValue;

    public Func<byte> Acknowledge { get; set; } = () => 0xFF;

    public Action? OnExit { get; set; }

    /// <summary>A write to this port ends the run too.</summary>
    public ushort StopPort { get; set; } = ExitPort;

    public uint? ExitValue { get; private set; }

    public uint ReadPort(ushort port, int size) => PortReader(port, size);

    public void WritePort(ushort port, int size, uint value)
    {
        PortWrites.Enqueue((port, size, value));
        Event("port", port).Set();
        if (port == ExitPort)
        {
            ExitValue = value;
        }

        if (port == ExitPort || port == StopPort)
        {
            OnExit?.Invoke();
        }
    }

    public void ReadMemory(ulong address, Span<byte> data)
    {
        ulong value = MemoryReader(address);
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)(value >> (8 * i));
        }
    }

    public void WriteMemory(ulong address, ReadOnlySpan<byte> data) => MemoryWrites.Enqueue((address, data.ToArray()));

    public byte AcknowledgeInterrupt() => Acknowledge();

    public void EndOfInterrupt(byte vector) => Event("eoi", vector).Set();

    /// <summary>Waits until the guest has written a port.</summary>
    public void AwaitPort(ushort port) =>
        Assert.True(Event("port", port).Wait(KvmGuest.Patience, TestContext.Current.CancellationToken), $"The guest did not write port {port:X}h.");

    /// <summary>Waits until a level-triggered interrupt has ended.</summary>
    public void AwaitEndOfInterrupt(byte vector) =>
        Assert.True(Event("eoi", vector).Wait(KvmGuest.Patience, TestContext.Current.CancellationToken), $"No end of interrupt {vector:X}h came.");

    private ManualResetEventSlim Event(string kind, ulong value) => _seen.GetOrAdd((kind, value), _ => new ManualResetEventSlim());
}
