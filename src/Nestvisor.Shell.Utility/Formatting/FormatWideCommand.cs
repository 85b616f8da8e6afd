using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Format-Wide: one property of each object, in columns.</summary>
[Cmdlet(VerbsCommon.Format, "Wide")]
public sealed class FormatWideCommand : OuterFormatShapeCommandBase
{
    /// <summary>Sets the engine's formatter to columns.</summary>
    public FormatWideCommand() => FormatterInternals.UseShape(this, "Wide");

    /// <summary>The property.</summary>
    [Parameter(Position = 0)]
    public object? Property { get; set; }

    /// <summary>As many columns as the widest value allows.</summary>
    [Parameter]
    public SwitchParameter AutoSize { get; set; }

    /// <summary>The number of columns.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Column { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (AutoSize && Column > 0)
            ThrowTerminatingError(new ErrorRecord(new PSArgumentException("-AutoSize and -Column cannot be used together."), "FormatCannotSpecifyAutosizeAndColumns", ErrorCategory.InvalidArgument, null));
        base.BeginProcessing();
        FormatterInternals.SetParameters(this, "FormatWideParameterDefinition", Property is null ? null : [Property], "WideSpecificParameters", "columns",
            Column > 0 ? Column : null, MyInvocation.BoundParameters.ContainsKey(nameof(AutoSize)) ? AutoSize : null);
    }
}
