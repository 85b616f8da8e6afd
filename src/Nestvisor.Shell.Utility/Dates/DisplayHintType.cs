namespace Microsoft.PowerShell.Commands;

/// <summary>What is shown of a date.</summary>
public enum DisplayHintType
{
    /// <summary>The date.</summary>
    Date,

    /// <summary>The time.</summary>
    Time,

    /// <summary>Both.</summary>
    DateTime,
}
