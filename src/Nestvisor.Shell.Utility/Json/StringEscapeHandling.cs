namespace Microsoft.PowerShell.Commands;

/// <summary>Which characters are written as escapes.</summary>
public enum StringEscapeHandling
{
    /// <summary>Control characters.</summary>
    Default,

    /// <summary>All that is not ASCII.</summary>
    EscapeNonAscii,

    /// <summary>What has a meaning in HTML.</summary>
    EscapeHtml,
}
