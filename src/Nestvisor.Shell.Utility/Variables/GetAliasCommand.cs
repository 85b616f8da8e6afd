using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Alias: aliases.</summary>
[Cmdlet(VerbsCommon.Get, "Alias", DefaultParameterSetName = "Default")]
[OutputType(typeof(AliasInfo))]
public sealed class GetAliasCommand : PSCmdlet
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Default", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <summary>Refused: aliases are looked up as a command would be.</summary>
    [Parameter]
    public string? Scope { get; set; }

    /// <summary>What the alias stands for.</summary>
    [Parameter(ParameterSetName = "Definition")]
    [ValidateNotNullOrEmpty]
    public string[]? Definition { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Scope is not null)
            ThrowTerminatingError(new ErrorRecord(new PSNotSupportedException("Get-Alias does not support -Scope in this shell: aliases are looked up as a command would be. Leave it out."), "ParameterNotSupported", ErrorCategory.NotImplemented, Scope));
        var all = InvokeProvider.ChildItem.Get("Alias:", recurse: false).Select(i => i.BaseObject).OfType<AliasInfo>()
            .Where(a => !Exclude.Any(p => Matches(p, a.Name))).OrderBy(a => a.Name, StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var wanted in Definition ?? Name)
        {
            var found = all.Where(a => Matches(wanted, Definition is null ? a.Name : a.Definition)).ToList();
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(wanted))
            {
                WriteError(new ErrorRecord(
                    new ItemNotFoundException($"This command cannot find a matching alias because an alias with the {(Definition is null ? "name" : "definition")} '{wanted}' does not exist."),
                    "ItemNotFoundException", ErrorCategory.ObjectNotFound, wanted));
            }
        }
    }

    private static bool Matches(string pattern, string text) => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(text);
}
