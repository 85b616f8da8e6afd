using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// A virtio device without its bus: what its queues mean (virtio 1.2 §5). Work on queues of the same worker, start, stop, save and
/// restore never overlap.
/// </summary>
public abstract class VirtioDevice : IDisposable
{
    private IVirtioTransport? _transport;

    /// <summary>Name of its kind, such as <c>virtio-blk</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Virtio device ID (virtio 1.2 §5).</summary>
    internal abstract ushort DeviceId { get; }

    /// <summary>PCI base class, subclass and programming interface.</summary>
    internal abstract uint PciClassCode { get; }

    /// <summary>Feature bits of this kind of device.</summary>
    internal abstract ulong Features { get; }

    /// <summary>Largest size of each queue, a power of two.</summary>
    internal abstract ReadOnlySpan<ushort> QueueSizes { get; }

    /// <summary>Bytes of the device-specific configuration.</summary>
    internal abstract int ConfigurationLength { get; }

    /// <summary>Number of threads that work on the queues.</summary>
    internal virtual int WorkerCount => 1;

    /// <summary>The bus.</summary>
    private protected IVirtioTransport Transport =>
        _transport ?? throw new InvalidOperationException("The virtio device is not on a bus yet.");

    /// <summary>Puts the device on a bus.</summary>
    internal void Attach(IVirtioTransport transport)
    {
        _transport = transport;
        Attached();
    }

    /// <summary>Reads the device-specific configuration. Any thread.</summary>
    /// <param name="target">Zeroed, <see cref="ConfigurationLength"/> bytes.</param>
    internal abstract void ReadConfiguration(Span<byte> target);

    /// <summary>Which thread works on a queue.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <returns>0 to <see cref="WorkerCount"/> - 1.</returns>
    internal virtual int GetWorker(int queue) => 0;

    /// <summary>A descriptor that becomes readable when there is work on a queue.</summary>
    /// <param name="queue">Number of the queue.</param>
    /// <returns>The descriptor, valid as long as the device; -1 for none.</returns>
    internal virtual int GetDescriptor(int queue) => -1;

    /// <summary>The driver is ready.</summary>
    /// <param name="features">What was negotiated.</param>
    internal virtual void Start(ulong features)
    {
    }

    /// <summary>The driver is gone; forget what it did.</summary>
    internal virtual void Stop()
    {
    }

    /// <summary>Works on one request. A queue that is broken afterwards stops the device.</summary>
    /// <param name="queue">The queue.</param>
    /// <returns>What came of it.</returns>
    internal abstract VirtioProgress Process(VirtioQueue queue);

    /// <summary>Saves what the transport and the queues do not know.</summary>
    internal virtual void Save(StateWriter writer)
    {
    }

    /// <summary>Restores it, after <see cref="Start"/> if the driver was ready.</summary>
    internal virtual void Restore(StateReader reader)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the device holds.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Called when the device has come onto a bus.</summary>
    private protected virtual void Attached()
    {
    }
}
