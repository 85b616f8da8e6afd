using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

/// <summary>Notes when a packet comes that must not, and gives one packet at a time.</summary>
internal sealed class CheckingWire(PortPolicy policy) : INetworkPort
{
    public byte[]? Incoming { get; set; }

    public long Sent { get; private set; }

    /// <summary>Says of a packet whether the policy forbids it for other reasons than its source and VLAN.</summary>
    public Func<byte[], bool>? IsForbidden { get; init; }

    /// <summary>The first packet that must not come; null if there was none.</summary>
    public string? Forged { get; private set; }

    public bool IsConnected => true;

    public int QueueCount => 1;

    public NetworkOffloads Offloads => NetworkOffloads.All;

    public void Configure(NetworkOffloads accepted, int queues)
    {
    }

    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
    {
        byte[] whole = new byte[packet.Length + (rest?.Length ?? 0)];
        packet.CopyTo(whole);
        rest?.CopyTo(whole.AsSpan(packet.Length));
        FrameView frame = new(whole.AsSpan(PacketHeader.Size));
        bool isOfVlan = frame.Vlan == policy.Vlan.Id || (policy.Vlan.IsTrunk && policy.Vlan.Allows(frame.Vlan));
        if (frame.Source != HostileFrames.Own || !isOfVlan || IsForbidden?.Invoke(whole) == true)
        {
            Forged ??= Convert.ToHexString(whole);
        }

        Sent++;
        return true;
    }

    public Span<byte> Receive(int queue, Span<byte> buffer)
    {
        if (Incoming is not { Length: >= PacketHeader.Size + NetworkFrame.MinLength } packet)
        {
            return default;
        }

        Incoming = null;
        packet.CopyTo(buffer);
        return buffer[..packet.Length];
    }

    public int GetDescriptor(int queue) => -1;

    public void SetObserver(Action? changed)
    {
    }

    public void Dispose()
    {
    }
}
