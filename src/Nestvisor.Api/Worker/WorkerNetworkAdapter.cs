using Nestvisor.Api.Networks;

namespace Nestvisor.Api.Worker;

/// <summary>A network adapter of a virtual machine.</summary>
public sealed record WorkerNetworkAdapter
{
    /// <summary>Identifier of the adapter.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its MAC address, such as <c>00:15:5d:01:02:03</c>.</summary>
    public required string Mac { get; init; }

    /// <summary>The kernel's TAP interface behind it, made with several queues and virtio headers; null for none, and no network.</summary>
    public string? Interface { get; init; }

    /// <summary>
    /// The stream socket of a passt(1) that is the network behind it, instead of <see cref="Interface"/>; null for none. The worker is its only
    /// client.
    /// </summary>
    public string? Socket { get; init; }

    /// <summary>Whether its cable is plugged in. <see cref="WorkerMethod.ChangeAdapter"/> changes it.</summary>
    public bool Connected { get; init; }

    /// <summary>What its port lets through. <see cref="WorkerMethod.ChangeAdapter"/> changes it.</summary>
    public PortSettings Port { get; set; } = new();
}
