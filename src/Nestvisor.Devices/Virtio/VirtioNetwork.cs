using System.Buffers.Binary;
using Nestvisor.Networking;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>A virtio network device (virtio 1.2 §5.1) with one pair of queues, mergeable receive buffers and no offloads.</summary>
public sealed class VirtioNetwork : VirtioDevice
{
    private const ulong FeatureMac = 1UL << 5;
    private const ulong FeatureMergeableBuffers = 1UL << 15;
    private const ulong FeatureStatus = 1UL << 16;
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;
    private const int AddressLength = 6;
    private const int HeaderSize = 12;
    private const int BufferCountOffset = 10;
    private const byte LinkUp = 1;

    private readonly INetworkPort _port;
    private readonly byte[] _macAddress;
    private readonly byte[] _transmitFrame = new byte[NetworkFrame.MaxLength];

    // A frame for the guest behind its header; it waits here while the guest has too few buffers.
    private readonly byte[] _receiveFrame = new byte[HeaderSize + NetworkFrame.MaxLength];
    private int _receiveLength;
    private DescriptorChain? _chain;
    private DescriptorChain? _firstChain;
    private bool _mergeable;
    private bool _connected;

    /// <summary>Creates the device.</summary>
    /// <param name="port">What it is connected to; disposed with the device.</param>
    /// <param name="macAddress">The adapter's address, 6 bytes.</param>
    public VirtioNetwork(INetworkPort port, ReadOnlySpan<byte> macAddress)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(macAddress.Length, AddressLength, nameof(macAddress));
        _port = port;
        _macAddress = macAddress.ToArray();
    }

    /// <inheritdoc/>
    public override string Name => "virtio-net";

    internal override ushort DeviceId => 1;

    internal override uint PciClassCode => 0x02_0000;

    internal override ulong Features => FeatureMac | FeatureStatus | FeatureMergeableBuffers;

    internal override ReadOnlySpan<ushort> QueueSizes => [256, 256];

    internal override int ConfigurationLength => 12;

    internal override void ReadConfiguration(Span<byte> target)
    {
        _macAddress.CopyTo(target);
        target[AddressLength] = _port.IsConnected ? LinkUp : (byte)0;
    }

    internal override void Start(ulong features) => _mergeable = (features & FeatureMergeableBuffers) != 0;

    internal override void Stop() => _receiveLength = 0;

    internal override VirtioProgress Process(VirtioQueue queue) =>
        queue.Index == TransmitQueue ? Transmit(queue) : Receive(queue);

    internal override void Save(StateWriter writer) => writer.Write(1, _receiveFrame.AsSpan(0, _receiveLength));

    internal override void Restore(StateReader reader)
    {
        ReadOnlySpan<byte> frame = reader.ReadBytes(1).Span;
        if (frame.Length > _receiveFrame.Length || frame.Length is > 0 and <= HeaderSize)
        {
            throw new InvalidDataException($"The saved network frame has an impossible length of {frame.Length} bytes.");
        }

        frame.CopyTo(_receiveFrame);
        _receiveLength = frame.Length;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _port.SetObserver(null);
        _port.Dispose();
    }

    private protected override void Attached()
    {
        _chain = new DescriptorChain(Transport.Memory);
        _firstChain = new DescriptorChain(Transport.Memory);
        _connected = _port.IsConnected;
        _port.SetObserver(PortChanged);
    }

    private void PortChanged()
    {
        bool connected = _port.IsConnected;
        if (connected != Volatile.Read(ref _connected))
        {
            Volatile.Write(ref _connected, connected);
            Transport.ConfigurationChanged();
        }

        Transport.Wake(ReceiveQueue);
    }

    private VirtioProgress Transmit(VirtioQueue queue)
    {
        DescriptorChain chain = _chain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        ChainCursor source = DescriptorChain.Readable;
        if (chain.Read(ref source, header) < HeaderSize)
        {
            queue.Break();
            return VirtioProgress.Done;
        }

        // Frames of impossible length vanish, as on a wire.
        uint length = chain.ReadableLength - HeaderSize;
        if (length is >= NetworkFrame.MinLength and <= NetworkFrame.MaxLength)
        {
            Span<byte> frame = _transmitFrame.AsSpan(0, (int)length);
            _ = chain.Read(ref source, frame);
            _port.Send(frame);
        }

        queue.Complete(chain.Head, 0);
        return VirtioProgress.Done;
    }

    private VirtioProgress Receive(VirtioQueue queue)
    {
        if (_receiveLength == 0)
        {
            if (!_port.TryReceive(_receiveFrame.AsSpan(HeaderSize), out int length))
            {
                return VirtioProgress.NoInput;
            }

            _receiveFrame.AsSpan(0, HeaderSize).Clear();
            _receiveLength = HeaderSize + length;
        }

        return Deliver(queue);
    }

    // Spreads the frame over as many buffers as it needs, and shows them to the guest together (§5.1.6.4).
    private VirtioProgress Deliver(VirtioQueue queue)
    {
        ReadOnlySpan<byte> frame = _receiveFrame.AsSpan(0, _receiveLength);
        int done = 0;
        ushort buffers = 0;
        while (done < frame.Length)
        {
            DescriptorChain chain = buffers == 0 ? _firstChain! : _chain!;
            if (!queue.TryTake(chain))
            {
                queue.PutBack(buffers);
                return VirtioProgress.NoRequest;
            }

            buffers++;
            if (chain.WritableLength < HeaderSize)
            {
                queue.Break();
                return VirtioProgress.Done;
            }

            if (!_mergeable && chain.WritableLength < (uint)frame.Length)
            {
                queue.PutBack(1);
                _receiveLength = 0;
                return VirtioProgress.Done;
            }

            ChainCursor target = chain.Writable;
            int count = chain.Write(ref target, frame[done..]);
            queue.Stage(chain.Head, (uint)count);
            done += count;
        }

        Span<byte> count16 = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(count16, buffers);
        ChainCursor header = _firstChain!.Writable;
        Span<byte> start = _receiveFrame.AsSpan(0, HeaderSize);
        count16.CopyTo(start[BufferCountOffset..]);
        _ = _firstChain.Write(ref header, start);
        queue.Publish();
        _receiveLength = 0;
        return VirtioProgress.Done;
    }
}
