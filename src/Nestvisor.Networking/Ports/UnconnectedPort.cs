using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>The port of an adapter that is connected to nothing: it drops what is sent, and nothing arrives.</summary>
public sealed class UnconnectedPort : INetworkPort
{
    /// <inheritdoc/>
    public bool IsConnected => false;

    /// <inheritdoc/>
    public int QueueCount => 1;

    /// <inheritdoc/>
    public NetworkOffloads Offloads => NetworkOffloads.All;

    /// <inheritdoc/>
    public void Configure(NetworkOffloads accepted, int queues)
    {
    }

    /// <inheritdoc/>
    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null) => true;

    /// <inheritdoc/>
    public Span<byte> Receive(int queue, Span<byte> buffer) => default;

    /// <inheritdoc/>
    public int GetDescriptor(int queue) => -1;

    /// <inheritdoc/>
    public void SetObserver(Action? changed)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
