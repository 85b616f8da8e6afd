using Nestvisor.Api.Worker;

namespace Microsoft.HyperV.PowerShell;

/// <summary>An extension of Nestvisor's: whether one of the things that nesting needs is there.</summary>
public sealed class VMHostNestedVirtualizationCheck : VirtualizationObject
{
    internal VMHostNestedVirtualizationCheck(WorkerNestingCheck check)
    {
        Engine = Convert.ToEngine(check.Engine);
        Name = check.Name;
        Result = Convert.ToCheckResult(check.Result);
        Found = check.Found;
        Remedy = check.Remedy;
    }

    /// <summary>The engine that the check is about.</summary>
    public VMEngine Engine { get; }

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>How it came out.</summary>
    public VMHostCheckResult Result { get; }

    /// <summary>What was found.</summary>
    public string Found { get; }

    /// <summary>What to do about it; null if there is nothing to do.</summary>
    public string? Remedy { get; }
}
