using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>A port whose wire is a TAP interface of the kernel.</summary>
public sealed class TapPort : ICablePort
{
    private readonly TapDevice _device;
    private bool _connected;
    private long _refused;
    private Action? _changed;

    /// <summary>Creates the port.</summary>
    /// <param name="device">The interface; disposed with the port.</param>
    /// <param name="connected">Whether the cable is plugged in.</param>
    public TapPort(TapDevice device, bool connected)
    {
        _device = device;
        _connected = connected;
        Configure(NetworkOffloads.None, 1);
    }

    /// <summary>Whether the cable is plugged in. Setting it tells the guest; the kernel's bridge is the service's matter.</summary>
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
    public int QueueCount => _device.QueueCount;

    /// <inheritdoc/>
    public NetworkOffloads Offloads => NetworkOffloads.All;

    /// <summary>Packets that the kernel did not take: it found them malformed, the interface was down, or memory short.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <inheritdoc/>
    public void Configure(NetworkOffloads accepted, int queues)
    {
        _device.SetOffloads((TapOffloads)(accepted & NetworkOffloads.All));
        _device.SetActiveQueues(queues);
    }

    /// <inheritdoc/>
    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
    {
        if (IsConnected && (rest is null ? _device.Write(queue, packet) : _device.Write(queue, packet, rest)) < 0)
        {
            _ = Interlocked.Increment(ref _refused);
        }

        return true;
    }

    /// <inheritdoc/>
    public Span<byte> Receive(int queue, Span<byte> buffer)
    {
        while (true)
        {
            int length = _device.Read(queue, buffer);
            if (length == -LinuxError.Interrupted)
            {
                continue;
            }

            // A frame that was on its way when the cable was pulled does not arrive.
            if (length < 0)
            {
                return default;
            }

            if (IsConnected && length >= PacketHeader.Size + NetworkFrame.MinLength)
            {
                return buffer[..length];
            }
        }
    }

    /// <inheritdoc/>
    public int GetDescriptor(int queue) => _device.GetDescriptor(queue);

    /// <inheritdoc/>
    public void SetObserver(Action? changed) => Volatile.Write(ref _changed, changed);

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();
}
