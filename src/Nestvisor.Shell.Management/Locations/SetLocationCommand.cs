using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Location: goes to a place; "-" goes back, "+" forth.</summary>
[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = ByPath)]
[OutputType(typeof(PathInfo), typeof(PathInfoStack))]
public sealed class SetLocationCommand : ProviderCommand
{
    private static readonly Stack<string> Back = new();
    private static readonly Stack<string> Forth = new();

    /// <summary>The place; the home folder without it.</summary>
    [Parameter(Position = 0, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string? Path { get; set; }

    /// <summary>The place, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    /// <summary>Makes this the stack that Push-Location and Pop-Location use.</summary>
    [Parameter(ParameterSetName = "Stack", ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    /// <summary>Write the place.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Go);

    private void Go()
    {
        if (ParameterSetName == "Stack")
        {
            var stack = SessionState.Path.SetDefaultLocationStack(string.IsNullOrEmpty(StackName) ? "default" : StackName);
            if (PassThru)
                WriteObject(stack);
            return;
        }

        var here = SessionState.Path.CurrentLocation.Path;
        var target = LiteralPath is not null ? WildcardPattern.Escape(LiteralPath) : string.IsNullOrEmpty(Path) ? "~" : Path;
        if (target is "-" or "+")
        {
            var (from, to) = target == "-" ? (Back, Forth) : (Forth, Back);
            if (!from.TryPop(out var last))
                throw new PSInvalidOperationException(target == "-" ? "There is no location history left to navigate backwards." : "There is no location history left to navigate forwards.");
            var there = SessionState.Path.SetLocation(WildcardPattern.Escape(last));
            to.Push(here);
            WriteIfWanted(there);
            return;
        }

        var result = SessionState.Path.SetLocation(target);
        Back.Push(here);
        Forth.Clear();
        WriteIfWanted(result);
    }

    private void WriteIfWanted(PathInfo place)
    {
        if (PassThru)
            WriteObject(place);
    }
}
