using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Disks;

/// <summary>One line of the answer to a request that takes its time: how far it is, and as the last line how it ended.</summary>
public sealed record DiskOperationStatus
{
    /// <summary>How far it is, 0 to 100; null in the last line.</summary>
    public int? Percent { get; init; }

    /// <summary>The disk afterwards, if it succeeded.</summary>
    public DiskFileInfo? Result { get; init; }

    /// <summary>Why it failed.</summary>
    public ApiError? Error { get; init; }
}
