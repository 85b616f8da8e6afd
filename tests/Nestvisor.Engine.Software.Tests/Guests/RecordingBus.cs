using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>A machine of nothing: port writes are kept, reads give all ones, and one port ends the run.</summary>
internal sealed class RecordingBus : IMachineBus
{
    /// <summary>A write to it stops the processor.</summary>
    public const ushort StopPort = 0xF4;

    public Action? Stop { get; set; }

    public List<(ushort Port, int Size, uint Value)> Writes { get; } = [];

    /// <summary>What port reads answer.</summary>
    public uint PortValue { get; set; } = uint.MaxValue;

    public uint ReadPort(ushort port, int size) => PortValue;

    public void WritePort(ushort port, int size, uint value)
    {
        if (port == StopPort)
        {
            Stop?.Invoke();
            return;
        }

        Writes.Add((port, size, value));
    }

    public void ReadMemory(ulong address, Span<byte> data) => data.Fill(0xFF);

    public void WriteMemory(ulong address, ReadOnlySpan<byte> data)
    {
    }

    public byte AcknowledgeInterrupt() => 0xFF;

    public void EndOfInterrupt(byte vector)
    {
    }
}
