namespace Nestvisor.Networking;

/// <summary>A port that gives back every frame, for tests. It holds a fixed number of frames and drops the rest.</summary>
public sealed class LoopbackPort : INetworkPort
{
    private const int Capacity = 64;

    private readonly Lock _lock = new();
    private readonly byte[] _frames = new byte[Capacity * NetworkFrame.MaxLength];
    private readonly int[] _lengths = new int[Capacity];
    private int _first;
    private int _count;
    private bool _connected = true;
    private Action? _changed;

    /// <summary>Whether the adapter is connected; setting it plugs and unplugs the cable.</summary>
    public bool IsConnected
    {
        get => Volatile.Read(ref _connected);
        set
        {
            Volatile.Write(ref _connected, value);
            Volatile.Read(ref _changed)?.Invoke();
        }
    }

    /// <summary>Frames that were dropped because the port was full or they were too long or too short.</summary>
    public long Dropped { get; private set; }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            if (!_connected || _count == Capacity || frame.Length is < NetworkFrame.MinLength or > NetworkFrame.MaxLength)
            {
                Dropped++;
                return;
            }

            int slot = (_first + _count) % Capacity;
            frame.CopyTo(_frames.AsSpan(slot * NetworkFrame.MaxLength));
            _lengths[slot] = frame.Length;
            _count++;
        }

        Volatile.Read(ref _changed)?.Invoke();
    }

    /// <inheritdoc/>
    public bool TryReceive(Span<byte> buffer, out int length)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                length = 0;
                return false;
            }

            length = _lengths[_first];
            _frames.AsSpan(_first * NetworkFrame.MaxLength, length).CopyTo(buffer);
            _first = (_first + 1) % Capacity;
            _count--;
            return true;
        }
    }

    /// <inheritdoc/>
    public void SetObserver(Action? changed) => Volatile.Write(ref _changed, changed);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
