using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>What a virtio device sees of the bus that it is on.</summary>
internal interface IVirtioTransport
{
    /// <summary>The guest's memory.</summary>
    GuestMemory Memory { get; }

    /// <summary>Asks for work on a queue, since the outside has changed. Safe from any thread.</summary>
    /// <param name="queue">Number of the queue.</param>
    void Wake(int queue);

    /// <summary>Tells the driver that the device's configuration has changed. Safe from any thread.</summary>
    void ConfigurationChanged();
}
