using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>A machine of nothing: port writes are kept, reads give all ones, and one port ends the run.</summary>
internal sealed class RecordingBus : IMachineBus
{
    /// <summary>A write to it stops the processor.</summary>
    public const ushort StopPort = 0xF4;

    public Action? Stop { get; set; }

    /// <summary>Whether the guest has written to the stop port.</summary>
    public bool Stopped { get; set; }

    /// <summary>Called with each other port write.</summary>
    public Action<ushort, uint>? OnWrite { get; set; }

    /// <summary>Vector that the external interrupt controller answers with.</summary>
    public Func<byte>? OnAcknowledge { get; set; }

    public List<(ushort Port, int Size, uint Value)> Writes { get; } = [];

    /// <summary>What port reads answer.</summary>
    public uint PortValue { get; set; } = uint.MaxValue;

    public uint ReadPort(ushort port, int size) => PortValue;

    public void WritePort(ushort port, int size, uint value)
    {
        if (port == StopPort)
        {
            Stopped = true;
            Stop?.Invoke();
            return;
        }

        if (OnWrite is not null)
        {
            OnWrite(port, value);
            return;
        }

        Writes.Add((port, size, value));
    }

    public void ReadMemory(ulong address, Span<byte> data) => data.Fill(0xFF);

    public void WriteMemory(ulong address, ReadOnlySpan<byte> data)
    {
    }

    public byte AcknowledgeInterrupt() => OnAcknowledge?.Invoke() ?? 0xFF;

    public void EndOfInterrupt(byte vector)
    {
    }
}
