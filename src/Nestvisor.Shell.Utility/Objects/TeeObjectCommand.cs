using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Tee-Object: passes objects on and keeps them in a file or variable.</summary>
[Cmdlet("Tee", "Object", DefaultParameterSetName = "File")]
public sealed class TeeObjectCommand : PSCmdlet
{
    private readonly List<object?> _items = [];

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The file.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "File")]
    [Alias("Path")]
    public string FilePath { get; set; } = string.Empty;

    /// <summary>The file, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralFile")]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = string.Empty;

    /// <summary>Add to the file or variable.</summary>
    [Parameter(ParameterSetName = "File")]
    [Parameter(ParameterSetName = "LiteralFile")]
    [Parameter(ParameterSetName = "Variable")]
    public SwitchParameter Append { get; set; }

    /// <summary>The file's encoding; UTF-8 without a mark if not given.</summary>
    [Parameter(ParameterSetName = "File")]
    [Parameter(ParameterSetName = "LiteralFile")]
    [EncodingArgument]
    [ValidateNotNullOrEmpty]
    public Encoding Encoding { get; set; } = EncodingArgumentAttribute.Default;

    /// <summary>The variable.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Variable")]
    public string Variable { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _items.Add(InputObject);
        WriteObject(InputObject);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName != "Variable")
        {
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            shell.AddCommand("Microsoft.PowerShell.Utility\\Out-File").AddParameter("Encoding", Encoding).AddParameter("Append", Append)
                .AddParameter(ParameterSetName == "File" ? "FilePath" : "LiteralPath", ParameterSetName == "File" ? FilePath : LiteralPath);
            shell.Invoke(_items);
            foreach (var error in shell.Streams.Error)
                WriteError(error);
            return;
        }

        if (Append && GetVariableValue(Variable) is { } before)
            _items.InsertRange(0, LanguagePrimitives.GetEnumerable(before)?.Cast<object?>() ?? [before]);
        SessionState.PSVariable.Set(Variable, _items.Count == 1 ? _items[0] : _items.ToArray());
    }
}
