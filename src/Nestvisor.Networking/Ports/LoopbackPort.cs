using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>A port that gives back every packet on the queue that it came from, for tests. Each queue holds a fixed number and drops the rest.</summary>
public sealed class LoopbackPort : INetworkPort
{
    private const int Capacity = 64;

    private readonly Lock _lock = new();
    private readonly Queue<byte[]>[] _packets;
    private bool _connected = true;
    private Action? _changed;

    /// <summary>Creates a port.</summary>
    /// <param name="queues">Number of pairs of queues.</param>
    public LoopbackPort(int queues = 1) => _packets = [.. Enumerable.Range(0, queues).Select(_ => new Queue<byte[]>())];

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

    /// <inheritdoc/>
    public int QueueCount => _packets.Length;

    /// <inheritdoc/>
    public NetworkOffloads Offloads => NetworkOffloads.All;

    /// <summary>What the adapter accepts.</summary>
    public NetworkOffloads Accepted { get; private set; }

    /// <summary>How many pairs of queues the adapter uses.</summary>
    public int ActiveQueues { get; private set; } = 1;

    /// <summary>Packets that were dropped because the port was full or unplugged.</summary>
    public long Dropped { get; private set; }

    /// <inheritdoc/>
    public void Configure(NetworkOffloads accepted, int queues)
    {
        Accepted = accepted;
        ActiveQueues = queues;
    }

    /// <inheritdoc/>
    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
    {
        lock (_lock)
        {
            if (!_connected || _packets[queue].Count == Capacity)
            {
                Dropped++;
                return true;
            }

            byte[] whole = new byte[packet.Length + (rest?.Length ?? 0)];
            packet.CopyTo(whole);
            rest?.CopyTo(whole.AsSpan(packet.Length));
            _packets[queue].Enqueue(whole);
        }

        Volatile.Read(ref _changed)?.Invoke();
        return true;
    }

    /// <inheritdoc/>
    public Span<byte> Receive(int queue, Span<byte> buffer)
    {
        lock (_lock)
        {
            if (!_packets[queue].TryDequeue(out byte[]? packet))
            {
                return default;
            }

            packet.CopyTo(buffer);
            return buffer[..packet.Length];
        }
    }

    /// <inheritdoc/>
    public int GetDescriptor(int queue) => -1;

    /// <inheritdoc/>
    public void SetObserver(Action? changed) => Volatile.Write(ref _changed, changed);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
