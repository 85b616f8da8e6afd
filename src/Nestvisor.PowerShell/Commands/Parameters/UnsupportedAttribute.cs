namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>
/// Marks a parameter that Hyper-V's command has and that cannot be honoured here: using it is an error that says why, unless the value
/// asks for what is the case anyway.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UnsupportedAttribute(string reason) : Attribute
{
    /// <summary>Why.</summary>
    public string Reason { get; } = reason;

    /// <summary>The value that is honoured because it is the case anyway; null for none.</summary>
    public object? Except { get; init; }
}
