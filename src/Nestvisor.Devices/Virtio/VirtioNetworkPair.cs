using System.Buffers.Binary;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>A receive and a transmit queue of a network device. Used by one thread.</summary>
internal sealed class VirtioNetworkPair
{
    // Of longer packets the port takes all but the head out of the guest's memory. Shorter ones cost less to copy than to look for.
    private const int CopiedWhole = 4096;

    // More than the buffers of the longest packet of whole pages.
    private const int MostPieces = 32;

    private readonly INetworkPort _port;
    private readonly int _number;
    private readonly DescriptorChain _chain;
    private readonly DescriptorChain _firstChain;
    private readonly byte[] _transmitBuffer = new byte[PacketHeader.MaxPacketLength];
    private readonly MemoryPieces _rest = new(MostPieces);
    private readonly byte[] _receiveBuffer = new byte[PacketHeader.MaxPacketLength];

    // A packet for the guest waits in the receive buffer while the guest has too few buffers of its own.
    private int _waitingStart;
    private int _waitingLength;
    private NetworkOffloads _sent;
    private bool _acceptsChecksum;
    private bool _mergeable;

    public VirtioNetworkPair(INetworkPort port, int number, GuestMemory memory)
    {
        _port = port;
        _number = number;
        _chain = new DescriptorChain(memory);
        _firstChain = new DescriptorChain(memory);
    }

    /// <summary>The packet that waits for the guest's buffers; empty if there is none.</summary>
    public ReadOnlySpan<byte> Waiting => _receiveBuffer.AsSpan(_waitingStart, _waitingLength);

    /// <summary>The driver is ready.</summary>
    /// <param name="sent">What it may leave to the device.</param>
    /// <param name="received">What the device may leave to it.</param>
    /// <param name="mergeable">Whether a packet may fill several buffers.</param>
    public void Start(NetworkOffloads sent, NetworkOffloads received, bool mergeable)
    {
        _sent = sent;
        _acceptsChecksum = (received & NetworkOffloads.Checksum) != 0;
        _mergeable = mergeable;
    }

    /// <summary>The driver is gone.</summary>
    public void Stop() => _waitingLength = 0;

    /// <summary>Restores the packet that waited.</summary>
    public void Restore(ReadOnlySpan<byte> waiting)
    {
        if (waiting.Length is not 0 and (< PacketHeader.Size + NetworkFrame.MinLength or > PacketHeader.MaxPacketLength))
        {
            throw new InvalidDataException($"The saved network packet has an impossible length of {waiting.Length} bytes.");
        }

        waiting.CopyTo(_receiveBuffer);
        _waitingStart = 0;
        _waitingLength = waiting.Length;
    }

    /// <summary>Sends one packet of the guest's.</summary>
    public VirtioProgress Transmit(VirtioQueue queue)
    {
        if (!queue.TryTake(_chain))
        {
            return VirtioProgress.NoRequest;
        }

        if (_chain.ReadableLength < PacketHeader.Size)
        {
            queue.Break();
            return VirtioProgress.Done;
        }

        // Packets of impossible length or shape vanish, as on a wire.
        if (_chain.ReadableLength <= PacketHeader.MaxPacketLength)
        {
            int length = (int)_chain.ReadableLength;
            Span<byte> packet = TakeOut(length, out MemoryPieces? rest);
            if (PacketHeader.TryClean(packet, length, _sent) && !_port.TrySend(_number, packet, rest))
            {
                queue.PutBack(1);
                return VirtioProgress.NoInput;
            }
        }

        queue.Complete(_chain.Head, 0);
        return VirtioProgress.Done;
    }

    /// <summary>Gives the guest one packet.</summary>
    public VirtioProgress Receive(VirtioQueue queue)
    {
        if (_waitingLength == 0)
        {
            Span<byte> packet = _port.Receive(_number, _receiveBuffer);
            if (packet.IsEmpty)
            {
                return VirtioProgress.NoInput;
            }

            _waitingLength = packet.Length;
            _ = _receiveBuffer.AsSpan().Overlaps(packet, out _waitingStart);
            if (!_acceptsChecksum)
            {
                // Not even that the check sum was found right may be said then (§5.1.6.4.1).
                packet[..PacketHeader.Size].Clear();
            }
        }

        return Deliver(queue);
    }

    // A private copy of the packet, or of its head and where the rest is.
    private Span<byte> TakeOut(int length, out MemoryPieces? rest)
    {
        ChainCursor source = DescriptorChain.Readable;
        Span<byte> packet = _transmitBuffer.AsSpan(0, length);
        rest = null;
        if (length > CopiedWhole)
        {
            Span<byte> head = packet[..PacketHeader.HeadLength];
            _ = _chain.Read(ref source, head);
            _rest.Clear();
            for (int done = head.Length; done < length;)
            {
                Span<byte> window = _chain.Next(ref source, length - done, out _);
                if (!_rest.TryAdd(window))
                {
                    break;
                }

                done += window.Length;
            }

            if (head.Length + _rest.Length == length)
            {
                rest = _rest;
                return head;
            }

            source = DescriptorChain.Readable;
        }

        _ = _chain.Read(ref source, packet);
        return packet;
    }

    // Spreads the packet over as many buffers as it needs, and shows them to the guest together (§5.1.6.4).
    private VirtioProgress Deliver(VirtioQueue queue)
    {
        Span<byte> packet = _receiveBuffer.AsSpan(_waitingStart, _waitingLength);
        int done = 0;
        ushort buffers = 0;
        while (done < packet.Length)
        {
            DescriptorChain chain = buffers == 0 ? _firstChain : _chain;
            if (!queue.TryTake(chain))
            {
                queue.PutBack(buffers);
                return VirtioProgress.NoRequest;
            }

            buffers++;
            if (chain.WritableLength < PacketHeader.Size)
            {
                queue.Break();
                return VirtioProgress.Done;
            }

            if (!_mergeable && chain.WritableLength < (uint)packet.Length)
            {
                queue.PutBack(1);
                _waitingLength = 0;
                return VirtioProgress.Done;
            }

            ChainCursor target = chain.Writable;
            int count = chain.Write(ref target, packet[done..]);
            queue.Stage(chain.Head, (uint)count);
            done += count;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(packet[PacketHeader.BufferCountOffset..], buffers);
        ChainCursor header = _firstChain.Writable;
        _ = _firstChain.Write(ref header, packet[..PacketHeader.Size]);
        queue.Publish();
        _waitingLength = 0;
        return VirtioProgress.Done;
    }
}
