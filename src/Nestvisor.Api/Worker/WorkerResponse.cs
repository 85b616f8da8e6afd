using System.Text.Json;

namespace Nestvisor.Api.Worker;

/// <summary>A response on a worker's control socket, one JSON object a line. Responses may come out of order.</summary>
public sealed record WorkerResponse
{
    /// <summary>The request's number; 0 if the request could not be read.</summary>
    public required long Id { get; init; }

    /// <summary>The result, if the method succeeded.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>The error, if it did not.</summary>
    public WorkerError? Error { get; init; }
}
