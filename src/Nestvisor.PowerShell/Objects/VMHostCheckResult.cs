namespace Microsoft.HyperV.PowerShell;

/// <summary>An extension of Nestvisor's: how a check of the host came out.</summary>
public enum VMHostCheckResult
{
    /// <summary>Nothing is in the way.</summary>
    Passed,

    /// <summary>It works, with the disadvantage that is told.</summary>
    Warning,

    /// <summary>Nesting is not possible before this is changed.</summary>
    Failed,

    /// <summary>The check says nothing here, because another one decides.</summary>
    NotApplicable,
}
