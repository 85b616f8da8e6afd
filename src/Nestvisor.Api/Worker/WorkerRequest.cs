namespace Nestvisor.Api.Worker;

/// <summary>A request on a worker's control socket, one JSON object a line.</summary>
public sealed record WorkerRequest
{
    /// <summary>Chosen by the client; the response carries it.</summary>
    public required long Id { get; init; }

    /// <summary>One of <see cref="WorkerMethod"/>.</summary>
    public required string Method { get; init; }

    /// <summary>The adapter as it is to be, for <see cref="WorkerMethod.ChangeAdapter"/>.</summary>
    public WorkerNetworkAdapter? Adapter { get; init; }
}
