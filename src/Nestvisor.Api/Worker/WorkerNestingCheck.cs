namespace Nestvisor.Api.Worker;

/// <summary>One of the checks that <c>nestvisor-worker check --nested --json</c> prints: whether something keeps this host from nesting.</summary>
public sealed record WorkerNestingCheck
{
    /// <summary>The engine that the check is about: Kvm or Software.</summary>
    public required WorkerEngine Engine { get; init; }

    /// <summary>Name, one word for scripts.</summary>
    public required string Name { get; init; }

    /// <summary>How it came out.</summary>
    public required WorkerCheckResult Result { get; init; }

    /// <summary>What was found, a sentence.</summary>
    public required string Found { get; init; }

    /// <summary>What to do about it; null if there is nothing to do.</summary>
    public string? Remedy { get; init; }
}
