using Nestvisor.Devices.Serial;

namespace Nestvisor.Devices.Virtio;

/// <summary>A virtio console with its one port (virtio 1.2 §5.3, without multiport).</summary>
public sealed class VirtioConsole : VirtioDevice
{
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;

    private readonly ISerialBackend _backend;
    private DescriptorChain? _chain;

    /// <summary>Creates the device.</summary>
    /// <param name="backend">The host's end, as of a serial port.</param>
    public VirtioConsole(ISerialBackend backend) => _backend = backend;

    /// <inheritdoc/>
    public override string Name => "virtio-console";

    internal override ushort DeviceId => 3;

    internal override uint PciClassCode => 0x07_8000;

    internal override ulong Features => 0;

    internal override ReadOnlySpan<ushort> QueueSizes => [64, 64];

    // Columns, rows, number of ports and emergency write: all absent by feature, the space is there.
    internal override int ConfigurationLength => 12;

    internal override void ReadConfiguration(Span<byte> target)
    {
    }

    internal override VirtioProgress Process(VirtioQueue queue) =>
        queue.Index == TransmitQueue ? Transmit(queue) : Receive(queue);

    private protected override void Attached()
    {
        _chain = new DescriptorChain(Transport.Memory);
        _backend.Attach(() => Transport.Wake(ReceiveQueue));
    }

    private VirtioProgress Transmit(VirtioQueue queue)
    {
        DescriptorChain chain = _chain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        // The host's end gets a copy that the guest cannot change any more.
        Span<byte> copy = stackalloc byte[512];
        ChainCursor source = DescriptorChain.Readable;
        int count;
        while ((count = chain.Read(ref source, copy)) != 0)
        {
            _backend.Write(copy[..count]);
        }

        queue.Complete(chain.Head, 0);
        return VirtioProgress.Done;
    }

    private VirtioProgress Receive(VirtioQueue queue)
    {
        DescriptorChain chain = _chain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        Span<byte> copy = stackalloc byte[512];
        ChainCursor target = chain.Writable;
        uint done = 0;
        int count;
        while (done < chain.WritableLength
            && (count = _backend.Read(copy[..(int)Math.Min(chain.WritableLength - done, (uint)copy.Length)])) > 0)
        {
            done += (uint)chain.Write(ref target, copy[..count]);
        }

        if (done == 0 && chain.WritableLength != 0)
        {
            queue.PutBack(1);
            return VirtioProgress.NoInput;
        }

        queue.Complete(chain.Head, done);
        return VirtioProgress.Done;
    }
}
