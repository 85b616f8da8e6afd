using Nestvisor.Networking.Packets;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Ports;

/// <summary>
/// The network end of a virtual network adapter. It carries packets: a <see cref="PacketHeader"/> and an Ethernet frame. It has one or
/// several pairs of queues; each queue is used by one thread at a time, different ones at the same time. The adapter pulls what it
/// receives, so that a slow guest pushes back instead of filling memory.
/// </summary>
public interface INetworkPort : IDisposable
{
    /// <summary>Whether the adapter is connected.</summary>
    bool IsConnected { get; }

    /// <summary>Number of pairs of queues, at least 1.</summary>
    int QueueCount { get; }

    /// <summary>What the adapter may leave to this port when it sends, and may accept from it.</summary>
    NetworkOffloads Offloads { get; }

    /// <summary>Sets what the adapter accepts and how many pairs of queues it uses.</summary>
    /// <param name="accepted">Offloads of packets that it may be given.</param>
    /// <param name="queues">1 to <see cref="QueueCount"/>; the first ones.</param>
    void Configure(NetworkOffloads accepted, int queues);

    /// <summary>Sends a packet from the virtual machine into the network. It may be dropped; never blocks.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <param name="packet">
    /// Header and frame: a private copy, cleaned by <see cref="PacketHeader.TryClean(Span{byte}, int, NetworkOffloads)"/>. The port may
    /// change it.
    /// </param>
    /// <param name="rest">
    /// What of the frame is not in <paramref name="packet"/>, which then holds the first <see cref="PacketHeader.HeadLength"/> bytes: the
    /// guest's own memory, which it may change at any time, so that nothing in it can be judged. Null if all is there.
    /// </param>
    /// <returns>False if it cannot be taken yet; the observer is told when it can.</returns>
    bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null);

    /// <summary>Takes the next packet for the virtual machine. Never blocks.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <param name="buffer">At least <see cref="PacketHeader.MaxPacketLength"/> bytes.</param>
    /// <returns>The packet, somewhere in the buffer; empty if there is none.</returns>
    Span<byte> Receive(int queue, Span<byte> buffer);

    /// <summary>A descriptor that becomes readable when packets wait.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <returns>The descriptor; -1 if the observer is told instead.</returns>
    int GetDescriptor(int queue);

    /// <summary>Sets who is told that packets wait, can be sent again, or that <see cref="IsConnected"/> has changed.</summary>
    /// <param name="changed">Called from any thread; must be short. Null to be told no more.</param>
    void SetObserver(Action? changed);
}
