namespace Nestvisor.Api.Errors;

/// <summary>The body of every answer of the service that is not a success.</summary>
public sealed record ApiError
{
    /// <summary>One of <see cref="ApiErrorCode"/>.</summary>
    public required string Code { get; init; }

    /// <summary>The error's category.</summary>
    public required ApiErrorCategory Category { get; init; }

    /// <summary>What is wrong and what to do, for people.</summary>
    public required string Message { get; init; }
}
