namespace Nestvisor.Devices.Serial;

/// <summary>Sends what the guest writes to a stream, such as standard output; bytes for the guest are queued by <see cref="Send"/>.</summary>
/// <param name="output">Where to.</param>
public sealed class StreamSerialBackend(Stream output) : ISerialBackend
{
    private const int InputLimit = 64 << 10;

    private readonly Lock _lock = new();
    private readonly Queue<byte> _input = new();
    private Action? _inputAvailable;

    /// <summary>Queues bytes for the guest.</summary>
    /// <param name="data">The bytes; what goes beyond 64 KiB of unread input is dropped.</param>
    public void Send(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            foreach (byte value in data[..Math.Min(data.Length, InputLimit - _input.Count)])
            {
                _input.Enqueue(value);
            }
        }

        _inputAvailable?.Invoke();
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> data)
    {
        output.Write(data);
        output.Flush();
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        lock (_lock)
        {
            int count = Math.Min(buffer.Length, _input.Count);
            for (int i = 0; i < count; i++)
            {
                buffer[i] = _input.Dequeue();
            }

            return count;
        }
    }

    /// <inheritdoc/>
    public void Attach(Action inputAvailable) => _inputAvailable = inputAvailable;
}
