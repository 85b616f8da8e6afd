namespace Nestvisor.Api.Worker;

/// <summary>Why a request failed.</summary>
public sealed record WorkerError
{
    /// <summary>One of <see cref="WorkerErrorCode"/>.</summary>
    public required string Code { get; init; }

    /// <summary>What is wrong, for people.</summary>
    public required string Message { get; init; }
}
