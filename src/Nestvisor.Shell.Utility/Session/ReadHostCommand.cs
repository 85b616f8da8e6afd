using System.Management.Automation;
using System.Security;

namespace Microsoft.PowerShell.Commands;

/// <summary>Read-Host: a line from the user.</summary>
[Cmdlet(VerbsCommunications.Read, "Host", DefaultParameterSetName = "AsString")]
[OutputType(typeof(string), typeof(SecureString))]
public sealed class ReadHostCommand : PSCmdlet
{
    /// <summary>The question.</summary>
    [Parameter(Position = 0, ValueFromRemainingArguments = true)]
    [AllowNull]
    public object? Prompt { get; set; }

    /// <summary>Hidden, and as a secure text.</summary>
    [Parameter(ParameterSetName = "AsSecureString")]
    public SwitchParameter AsSecureString { get; set; }

    /// <summary>Hidden.</summary>
    [Parameter(ParameterSetName = "AsString")]
    public SwitchParameter MaskInput { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Prompt is not null)
        {
            var words = LanguagePrimitives.GetEnumerable(Prompt)?.Cast<object?>() ?? [Prompt];
            Host.UI.Write(string.Join(' ', words) + ": ");
        }

        if (AsSecureString)
            WriteObject(Host.UI.ReadLineAsSecureString());
        else if (MaskInput)
            WriteObject(new System.Net.NetworkCredential(string.Empty, Host.UI.ReadLineAsSecureString()).Password);
        else
            WriteObject(Host.UI.ReadLine());
    }
}
