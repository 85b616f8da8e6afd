namespace Nestvisor.Worker.Consoles;

/// <summary>One that listens to a serial port.</summary>
internal sealed class ConsoleListener(int capacity)
{
    /// <summary>What it has not taken yet.</summary>
    public ByteQueue Queue { get; } = new(capacity);

    /// <summary>Gives it bytes.</summary>
    /// <returns>False if it did not keep up: some are lost.</returns>
    public bool TryWrite(ReadOnlySpan<byte> data) => Queue.Write(data) == data.Length;
}
