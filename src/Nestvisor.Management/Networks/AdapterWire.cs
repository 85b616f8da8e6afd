namespace Nestvisor.Management.Networks;

/// <summary>What is behind the adapter of a machine that is started: an interface of the kernel, or a passt(1) of its own.</summary>
internal sealed record AdapterWire
{
    /// <summary>Name of the TAP interface, which the worker opens with several queues and a virtio header; null if it is a passt.</summary>
    public string? Interface { get; init; }

    /// <summary>Path of the socket where passt waits for the worker; null if it is an interface.</summary>
    public string? Socket { get; init; }
}
