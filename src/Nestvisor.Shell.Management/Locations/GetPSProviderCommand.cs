using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-PSProvider: the providers of the session.</summary>
[Cmdlet(VerbsCommon.Get, "PSProvider")]
[OutputType(typeof(ProviderInfo))]
public sealed class GetPSProviderCommand : ProviderCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] PSProvider { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in PSProvider)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            var found = SessionState.Provider.GetAll().Where(p => pattern.IsMatch(p.Name)).ToList();
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(new ErrorRecord(new ProviderNotFoundException($"Cannot find a provider with the name '{name}'."), "ProviderNotFound", ErrorCategory.ObjectNotFound, name));
        }
    }
}
