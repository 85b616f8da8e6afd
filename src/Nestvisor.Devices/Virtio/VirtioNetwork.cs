using System.Buffers.Binary;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// A virtio network device (virtio 1.2 §5.1) with the offloads and as many pairs of queues as its port has, each pair with a thread of
/// its own, and mergeable receive buffers.
/// </summary>
public sealed class VirtioNetwork : VirtioDevice
{
    private const ushort QueueSize = 256;
    private const ushort ControlQueueSize = 64;
    private const int ControlQueueOfOnePair = 2;
    private const int QueueCountOffset = 8;
    private const byte LinkUp = 1;
    private const ushort PairsField = 2;
    private const ushort FirstPairField = 16;

    private readonly INetworkPort _port;
    private readonly MacAddress _macAddress;
    private readonly ushort[] _queueSizes;
    private readonly VirtioNetworkPair[] _pairs;
    private DescriptorChain? _controlChain;
    private NetworkOffloads _received;
    private int _controlQueue = ControlQueueOfOnePair;
    private int _activePairs = 1;
    private bool _connected;

    /// <summary>Creates the device.</summary>
    /// <param name="port">What it is connected to; disposed with the device.</param>
    /// <param name="macAddress">The adapter's address.</param>
    public VirtioNetwork(INetworkPort port, MacAddress macAddress)
    {
        _port = port;
        _macAddress = macAddress;
        _pairs = new VirtioNetworkPair[port.QueueCount];
        _queueSizes = new ushort[(2 * _pairs.Length) + 1];
        _queueSizes.AsSpan().Fill(QueueSize);
        _queueSizes[^1] = ControlQueueSize;
    }

    /// <inheritdoc/>
    public override string Name => "virtio-net";

    internal override ushort DeviceId => 1;

    internal override uint PciClassCode => 0x02_0000;

    internal override ulong Features =>
        VirtioNetworkFeature.MacAddress | VirtioNetworkFeature.Status | VirtioNetworkFeature.MergeableBuffers
        | VirtioNetworkFeature.ControlQueue | (_pairs.Length > 1 ? VirtioNetworkFeature.MultipleQueues : 0)
        | VirtioNetworkFeature.Of(_port.Offloads);

    internal override ReadOnlySpan<ushort> QueueSizes => _queueSizes;

    internal override int ConfigurationLength => 12;

    internal override int WorkerCount => _pairs.Length;

    internal override int GetWorker(int queue) => queue / 2 < _pairs.Length ? queue / 2 : 0;

    internal override int GetDescriptor(int queue) => queue % 2 == 0 && queue / 2 < _pairs.Length ? _port.GetDescriptor(queue / 2) : -1;

    internal override void ReadConfiguration(Span<byte> target)
    {
        _macAddress.CopyTo(target);
        target[MacAddress.Length] = _port.IsConnected ? LinkUp : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[QueueCountOffset..], (ushort)_pairs.Length);
    }

    internal override void Start(ulong features)
    {
        _received = VirtioNetworkFeature.Received(features);
        bool multiple = (features & VirtioNetworkFeature.MultipleQueues) != 0;

        // Without several pairs the control queue follows the first one (§5.1.2).
        _controlQueue = multiple ? 2 * _pairs.Length : ControlQueueOfOnePair;
        foreach (VirtioNetworkPair pair in _pairs)
        {
            pair.Start(VirtioNetworkFeature.Sent(features), _received, (features & VirtioNetworkFeature.MergeableBuffers) != 0);
        }

        SetActivePairs(1);
    }

    internal override void Stop()
    {
        foreach (VirtioNetworkPair pair in _pairs)
        {
            pair.Stop();
        }
    }

    internal override VirtioProgress Process(VirtioQueue queue)
    {
        if (queue.Index == _controlQueue)
        {
            return Control(queue);
        }

        int pair = queue.Index / 2;
        if (pair >= Volatile.Read(ref _activePairs))
        {
            return VirtioProgress.NoInput;
        }

        return queue.Index % 2 == 0 ? _pairs[pair].Receive(queue) : _pairs[pair].Transmit(queue);
    }

    internal override void Save(StateWriter writer)
    {
        writer.Write(PairsField, (ulong)_activePairs);
        for (int i = 0; i < _pairs.Length; i++)
        {
            writer.Write((ushort)(FirstPairField + i), _pairs[i].Waiting);
        }
    }

    internal override void Restore(StateReader reader)
    {
        ulong active = reader.ReadUInt64(PairsField, 1);
        if (active == 0 || active > (ulong)_pairs.Length)
        {
            throw new InvalidDataException($"The saved network adapter uses {active} pairs of queues; this one has {_pairs.Length}.");
        }

        SetActivePairs((int)active);
        for (int i = 0; i < _pairs.Length; i++)
        {
            _pairs[i].Restore(reader.ReadBytes((ushort)(FirstPairField + i)).Span);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _port.SetObserver(null);
        _port.Dispose();
    }

    private protected override void Attached()
    {
        for (int i = 0; i < _pairs.Length; i++)
        {
            _pairs[i] = new VirtioNetworkPair(_port, i, Transport.Memory);
        }

        _controlChain = new DescriptorChain(Transport.Memory);
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

        for (int i = 0; i < 2 * _pairs.Length; i++)
        {
            Transport.Wake(i);
        }
    }

    private void SetActivePairs(int count)
    {
        _port.Configure(_received, count);
        Volatile.Write(ref _activePairs, count);
    }

    // The control queue (§5.1.6.5) carries the number of pairs; of the other classes nothing was offered.
    private VirtioProgress Control(VirtioQueue queue)
    {
        const byte multipleQueues = 4;
        const byte setPairs = 0;
        const byte ok = 0;
        const byte error = 1;
        DescriptorChain chain = _controlChain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        Span<byte> command = stackalloc byte[4];
        ChainCursor source = DescriptorChain.Readable;
        int length = chain.Read(ref source, command);
        if (length < 2 || chain.WritableLength == 0)
        {
            queue.Break();
            return VirtioProgress.Done;
        }

        int pairs = length == command.Length ? BinaryPrimitives.ReadUInt16LittleEndian(command[2..]) : 0;
        bool known = _controlQueue != ControlQueueOfOnePair || _pairs.Length == 1;
        bool valid = known && command[0] == multipleQueues && command[1] == setPairs && pairs >= 1 && pairs <= _pairs.Length;
        if (valid)
        {
            SetActivePairs(pairs);
            for (int i = 0; i < 2 * pairs; i++)
            {
                Transport.Wake(i);
            }
        }

        ChainCursor target = chain.Writable;
        queue.Complete(chain.Head, (uint)chain.Write(ref target, [valid ? ok : error]));
        return VirtioProgress.Done;
    }
}
