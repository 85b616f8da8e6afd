namespace Nestvisor.Management.Networks;

/// <summary>What the kernel has counted at an adapter's interface. Received is what the guest received.</summary>
internal sealed record HostPortCounters
{
    /// <summary>Frames to the guest.</summary>
    public required long PacketsReceived { get; init; }

    /// <summary>Bytes to the guest.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Frames to the guest that were dropped, since it did not fetch them.</summary>
    public required long DroppedIncoming { get; init; }

    /// <summary>Frames from the guest.</summary>
    public required long PacketsSent { get; init; }

    /// <summary>Bytes from the guest.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Frames from the guest that were dropped because they came from a foreign address.</summary>
    public required long DroppedSpoofed { get; init; }

    /// <summary>Frames from the guest that were dropped because of their VLAN tag.</summary>
    public required long DroppedVlan { get; init; }
}
