using Nestvisor.Platform;

namespace Nestvisor.Devices.Virtio;

/// <summary>A virtio entropy device (virtio 1.2 §5.4) that passes on the host kernel's random bytes.</summary>
public sealed class VirtioEntropy : VirtioDevice
{
    // A request gets this much at most, so that none keeps the device busy for long; the driver asks again.
    private const int MaxRequest = 64 * 1024;

    private DescriptorChain? _chain;

    /// <inheritdoc/>
    public override string Name => "virtio-rng";

    internal override ushort DeviceId => 4;

    internal override uint PciClassCode => 0xFF_0000;

    internal override ulong Features => 0;

    internal override ReadOnlySpan<ushort> QueueSizes => [64];

    internal override int ConfigurationLength => 0;

    internal override void ReadConfiguration(Span<byte> target)
    {
    }

    internal override VirtioProgress Process(VirtioQueue queue)
    {
        DescriptorChain chain = _chain!;
        if (!queue.TryTake(chain))
        {
            return VirtioProgress.NoRequest;
        }

        int wanted = (int)Math.Min(chain.WritableLength, MaxRequest);
        int done = 0;
        ChainCursor target = chain.Writable;
        while (done < wanted)
        {
            Span<byte> window = chain.Next(ref target, wanted - done, out ulong address);
            HostRandom.Fill(window);
            Transport.Memory.NoteWritten(address, (ulong)window.Length);
            done += window.Length;
        }

        queue.Complete(chain.Head, (uint)done);
        return VirtioProgress.Done;
    }

    private protected override void Attached() => _chain = new DescriptorChain(Transport.Memory);
}
