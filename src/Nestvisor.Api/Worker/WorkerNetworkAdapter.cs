namespace Nestvisor.Api.Worker;

/// <summary>A network adapter of a virtual machine.</summary>
public sealed record WorkerNetworkAdapter
{
    /// <summary>Its MAC address, such as <c>00:15:5d:01:02:03</c>.</summary>
    public required string Mac { get; init; }
}
