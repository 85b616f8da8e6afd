using System.Buffers.Binary;
using System.Net;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>A port of a virtual switch: it puts its policy between the adapter and the wire, counts, and learns the adapter's IP addresses.</summary>
public sealed class SwitchPort : INetworkPort
{
    private readonly INetworkPort _wire;
    private readonly TimeProvider _time;
    private readonly AddressWatch _addresses = new();
    private readonly byte[][] _tagged;
    private readonly Timer _timer;
    private PortPolicy _policy;
    private BandwidthLimit? _limit;
    private Action? _changed;

    /// <summary>Creates the port.</summary>
    /// <param name="wire">What is behind it; disposed with the port.</param>
    /// <param name="policy">What it lets through.</param>
    /// <param name="time">The clock of its limits.</param>
    public SwitchPort(INetworkPort wire, PortPolicy policy, TimeProvider time)
    {
        _wire = wire;
        _time = time;
        _tagged = new byte[wire.QueueCount][];
        _timer = new Timer(_ => Volatile.Read(ref _changed)?.Invoke());
        _policy = policy;
        Policy = policy;
    }

    /// <summary>What it lets through. Setting it acts at once.</summary>
    public PortPolicy Policy
    {
        get => Volatile.Read(ref _policy);
        set
        {
            Volatile.Write(ref _limit, value.MaximumBandwidth > 0 ? new BandwidthLimit(value.MaximumBandwidth, _time) : null);
            Volatile.Write(ref _policy, value);

            // Packets may wait for a limit that is none any more.
            Volatile.Read(ref _changed)?.Invoke();
        }
    }

    /// <summary>What it has counted.</summary>
    public PortCounters Counters { get; } = new();

    /// <summary>The IP addresses that the adapter has said are its own, the one that was seen last first.</summary>
    public IReadOnlyList<IPAddress> Addresses => _addresses.Addresses;

    /// <inheritdoc/>
    public bool IsConnected => _wire.IsConnected;

    /// <inheritdoc/>
    public int QueueCount => _wire.QueueCount;

    /// <inheritdoc/>
    public NetworkOffloads Offloads => _wire.Offloads;

    /// <inheritdoc/>
    public void Configure(NetworkOffloads accepted, int queues)
    {
        // A driver that starts may be another system's, with other addresses.
        _addresses.Clear();
        _wire.Configure(accepted, queues);
    }

    /// <inheritdoc/>
    public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
    {
        PortPolicy policy = Policy;
        FrameView frame = new(packet[PacketHeader.Size..], isCut: rest is not null);
        int length = packet.Length - PacketHeader.Size + (rest?.Length ?? 0);
        if (PortFilter.JudgeSent(policy, frame) is { } dropped)
        {
            Counters.Count(dropped);
            return true;
        }

        BandwidthLimit? limit = Volatile.Read(ref _limit);
        if (limit is not null && !limit.TryTake(length, out TimeSpan wait))
        {
            _ = _timer.Change(wait, Timeout.InfiniteTimeSpan);
            return false;
        }

        if (frame.Source == policy.Address)
        {
            _addresses.Look(frame);
        }

        // A tag that only gives a priority is filled in, not tagged again.
        if (policy.Vlan.Id != 0 && frame.Vlan == 0)
        {
            packet = Tag(queue, packet, policy.Vlan.Id, frame.IsTagged);
        }

        if (!_wire.TrySend(queue, packet, rest))
        {
            limit?.PutBack(length);
            return false;
        }

        Counters.Count(PortCounter.SentPackets);
        Counters.Count(PortCounter.SentBytes, length);
        return true;
    }

    /// <inheritdoc/>
    public Span<byte> Receive(int queue, Span<byte> buffer)
    {
        while (true)
        {
            Span<byte> packet = _wire.Receive(queue, buffer);
            if (packet.IsEmpty)
            {
                return default;
            }

            PortPolicy policy = Policy;
            FrameView frame = new(packet[PacketHeader.Size..]);
            if (PortFilter.JudgeReceived(policy, frame) is { } dropped)
            {
                Counters.Count(dropped);
                continue;
            }

            if (policy.Vlan.Id != 0 && frame.Vlan == policy.Vlan.Id)
            {
                packet = Untag(packet);
            }

            Counters.Count(PortCounter.ReceivedPackets);
            Counters.Count(PortCounter.ReceivedBytes, packet.Length - PacketHeader.Size);
            return packet;
        }
    }

    /// <inheritdoc/>
    public int GetDescriptor(int queue) => _wire.GetDescriptor(queue);

    /// <inheritdoc/>
    public void SetObserver(Action? changed)
    {
        Volatile.Write(ref _changed, changed);
        _wire.SetObserver(changed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _wire.Dispose();
    }

    private Span<byte> Tag(int queue, Span<byte> packet, int vlan, bool hasPriority)
    {
        const int at = PacketHeader.Size + FrameView.TypeOffset;
        if (hasPriority)
        {
            Span<byte> tag = packet[(at + 2)..];
            BinaryPrimitives.WriteUInt16BigEndian(tag, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(tag) | vlan));
            return packet;
        }

        byte[] buffer = _tagged[queue] ??= new byte[PacketHeader.MaxPacketLength + FrameView.TagLength];
        Span<byte> tagged = buffer.AsSpan(0, packet.Length + FrameView.TagLength);
        packet[..at].CopyTo(tagged);
        BinaryPrimitives.WriteUInt16BigEndian(tagged[at..], FrameView.TagType);
        BinaryPrimitives.WriteUInt16BigEndian(tagged[(at + 2)..], (ushort)vlan);
        packet[at..].CopyTo(tagged[(at + FrameView.TagLength)..]);
        PacketHeader.Shift(tagged, FrameView.TagLength);
        return tagged;
    }

    private static Span<byte> Untag(Span<byte> packet)
    {
        const int at = PacketHeader.Size + FrameView.TypeOffset;
        packet[..at].CopyTo(packet[FrameView.TagLength..]);
        packet = packet[FrameView.TagLength..];
        PacketHeader.Shift(packet, -FrameView.TagLength);
        return packet;
    }
}
