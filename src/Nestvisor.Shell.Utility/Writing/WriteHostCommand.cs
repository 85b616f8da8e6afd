using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Write-Host: text for the user, past the pipeline.</summary>
[Cmdlet(VerbsCommunications.Write, "Host")]
public sealed class WriteHostCommand : PSCmdlet
{
    private const string HostTag = "PSHOST";

    /// <summary>The objects.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [Alias("Msg", "Message")]
    public object? Object { get; set; }

    /// <summary>No line break after it.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>What comes between objects.</summary>
    [Parameter]
    public object? Separator { get; set; } = " ";

    /// <summary>The colour of the text.</summary>
    [Parameter]
    public ConsoleColor ForegroundColor { get; set; }

    /// <summary>The colour behind the text.</summary>
    [Parameter]
    public ConsoleColor BackgroundColor { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var text = new StringBuilder();
        Append(text, Object);
        var message = new HostInformationMessage { Message = text.ToString(), NoNewLine = NoNewline };
        if (MyInvocation.BoundParameters.ContainsKey(nameof(ForegroundColor)))
            message.ForegroundColor = ForegroundColor;
        if (MyInvocation.BoundParameters.ContainsKey(nameof(BackgroundColor)))
            message.BackgroundColor = BackgroundColor;
        WriteInformation(message, [HostTag]);
    }

    private void Append(StringBuilder text, object? value)
    {
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is not string and not System.Collections.IDictionary && LanguagePrimitives.GetEnumerator(plain) is { } items)
        {
            var first = true;
            while (items.MoveNext())
            {
                if (!first)
                    text.Append(Separator);
                first = false;
                Append(text, items.Current);
            }
        }
        else if (value is not null)
        {
            text.Append(LanguagePrimitives.ConvertTo<string>(value));
        }
    }
}
