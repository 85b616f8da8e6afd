using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Format-Custom: the object's own view, or all of it in depth.</summary>
[Cmdlet(VerbsCommon.Format, "Custom")]
public sealed class FormatCustomCommand : OuterFormatShapeCommandBase
{
    /// <summary>Sets the engine's formatter to its free form.</summary>
    public FormatCustomCommand() => FormatterInternals.UseShape(this, "Complex");

    /// <summary>The properties.</summary>
    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    /// <summary>How deep.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 5;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        FormatterInternals.SetParameters(this, "FormatObjectParameterDefinition", Property, "ComplexSpecificParameters", "maxDepth", Depth, autoSize: null);
    }
}
