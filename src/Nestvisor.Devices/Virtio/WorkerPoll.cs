using Nestvisor.Platform;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// Where a <see cref="VirtioWorker"/> waits: for doorbells of the guest, descriptors of the outside, and other threads. Each arrival is
/// reported once, so that no event has to be read.
/// </summary>
internal sealed class WorkerPoll : IDisposable
{
    private const ulong BellKey = 0;

    private readonly EventPoll _poll = new();
    private readonly EventDescriptor _bell = new();
    private readonly ulong[] _ready = new ulong[16];

    public WorkerPoll() => _poll.Watch(_bell.Value, BellKey, onceAnArrival: true);

    /// <summary>Reports arrivals at a descriptor.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="queues">What <see cref="Wait"/> gives for it, not 0.</param>
    public void Watch(int descriptor, ulong queues) => _poll.Watch(descriptor, queues, onceAnArrival: true);

    /// <summary>Ends the wait. Safe from any thread.</summary>
    public void Ring() => _bell.Signal();

    /// <summary>Waits for an arrival or the bell.</summary>
    /// <param name="noLonger">Whether to look only, and wait for nothing.</param>
    /// <returns>The queues that had an arrival, as bits.</returns>
    public ulong Wait(bool noLonger)
    {
        ulong queues = 0;
        int count = _poll.Wait(_ready, noLonger);
        for (int i = 0; i < count; i++)
        {
            queues |= _ready[i];
        }

        return queues;
    }

    public void Dispose()
    {
        _poll.Dispose();
        _bell.Dispose();
    }
}
