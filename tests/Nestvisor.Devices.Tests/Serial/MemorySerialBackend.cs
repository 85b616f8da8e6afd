using Nestvisor.Devices.Serial;

namespace Nestvisor.Devices.Tests.Serial;

/// <summary>A back end in memory that counts its calls.</summary>
internal sealed class MemorySerialBackend : ISerialBackend
{
    private readonly Queue<byte> _input = new();
    private Action? _available;

    public List<byte> Output { get; } = [];

    public int Writes { get; private set; }

    public void Type(ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            _input.Enqueue(value);
        }

        _available?.Invoke();
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        Writes++;
        Output.AddRange(data);
    }

    public int Read(Span<byte> buffer)
    {
        int count = 0;
        while (count < buffer.Length && _input.TryDequeue(out byte value))
        {
            buffer[count++] = value;
        }

        return count;
    }

    public void Attach(Action inputAvailable) => _available = inputAvailable;
}
