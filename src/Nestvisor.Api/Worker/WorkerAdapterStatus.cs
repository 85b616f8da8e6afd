namespace Nestvisor.Api.Worker;

/// <summary>How a network adapter of a running machine is.</summary>
public sealed record WorkerAdapterStatus
{
    /// <summary>Identifier of the adapter.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whether its cable is plugged in.</summary>
    public bool Connected { get; init; }

    /// <summary>Whether the network behind it is a passt(1) of its own.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether the network behind it has ended before the machine, so that its cable is out until the machine is started anew.</summary>
    public bool HasEnded { get; init; }

    /// <summary>The IP addresses that the guest has said are the adapter's, the one that was seen last first. A guest may lie.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>Packets, bytes and dropped packets since the machine's start, by name.</summary>
    public IReadOnlyDictionary<string, long> Counters { get; set; } = new Dictionary<string, long>();
}
