namespace Nestvisor.Api.Worker;

/// <summary>Which translated code the software engine compares with its interpreter.</summary>
public enum WorkerComparison
{
    /// <summary>None.</summary>
    None,

    /// <summary>That of nested guests.</summary>
    Nested,

    /// <summary>All.</summary>
    All,
}
