namespace Nestvisor.Api.Machines;

/// <summary>One thing that keeps an exported machine from being imported.</summary>
public sealed record ImportIssue
{
    /// <summary>What it is.</summary>
    public required ImportIssueKind Kind { get; init; }

    /// <summary>What is wrong and what to do, for people.</summary>
    public required string Message { get; init; }

    /// <summary>The disk that it is about; null if it is about none.</summary>
    public DiskConfiguration? Disk { get; init; }

    /// <summary>The network adapter that it is about; null if it is about none.</summary>
    public Guid? Adapter { get; init; }
}
