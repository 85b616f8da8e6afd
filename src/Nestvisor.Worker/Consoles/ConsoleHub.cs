using Nestvisor.Devices.Serial;

namespace Nestvisor.Worker.Consoles;

/// <summary>
/// The host's end of a serial port: what the guest writes goes to all listeners, what they type goes to the guest. The guest never waits: a
/// listener that does not keep up loses its connection.
/// </summary>
internal sealed class ConsoleHub : ISerialBackend
{
    private const int InputCapacity = 16 << 10;

    private readonly Lock _lock = new();
    private readonly ByteQueue _input = new(InputCapacity);
    private volatile ConsoleListener[] _listeners = [];
    private Action? _inputAvailable;

    /// <summary>Adds a listener; it gets what the guest writes from now on.</summary>
    /// <param name="capacity">Bytes that may wait for it.</param>
    public ConsoleListener Attach(int capacity)
    {
        ConsoleListener listener = new(capacity);
        lock (_lock)
        {
            _listeners = [.. _listeners, listener];
        }

        return listener;
    }

    /// <summary>Takes a listener away.</summary>
    public void Detach(ConsoleListener listener)
    {
        lock (_lock)
        {
            _listeners = [.. _listeners.Where(each => each != listener)];
        }

        listener.Queue.Complete();
    }

    /// <summary>Ends all listeners' streams after what waits for them.</summary>
    public void Complete()
    {
        foreach (ConsoleListener listener in _listeners)
        {
            Detach(listener);
        }
    }

    /// <summary>Sends to the guest, as fast as it reads.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            int count = _input.Write(data.Span);
            data = data[count..];
            _inputAvailable?.Invoke();
            if (!data.IsEmpty)
            {
                await _input.AwaitRoomAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> data)
    {
        foreach (ConsoleListener listener in _listeners)
        {
            if (!listener.TryWrite(data))
            {
                Detach(listener);
            }
        }
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer) => _input.Read(buffer);

    /// <inheritdoc/>
    public void Attach(Action inputAvailable) => _inputAvailable = inputAvailable;
}
