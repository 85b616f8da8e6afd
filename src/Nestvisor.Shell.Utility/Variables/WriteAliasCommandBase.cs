using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Set-Alias and New-Alias share.</summary>
public abstract class WriteAliasCommandBase : PSCmdlet
{
    /// <summary>The alias.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    /// <summary>The command.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Value { get; set; } = string.Empty;

    /// <summary>A word about it.</summary>
    [Parameter]
    public string Description { get; set; } = string.Empty;

    /// <summary>ReadOnly, Constant, Private, AllScope.</summary>
    [Parameter]
    public ScopedItemOptions Option { get; set; }

    /// <summary>Write the alias.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>The scope: Global, Script or Local.</summary>
    [Parameter]
    public string? Scope { get; set; }

    /// <summary>Also what is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>An alias of the same name is replaced.</summary>
    private protected abstract bool Replaces { get; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var path = "Alias:" + WildcardPattern.Escape(Scope is null ? Name : $"{Scope}:{Name}");
        if (!Replaces && InvokeProvider.Item.Exists("Alias:" + WildcardPattern.Escape(Name)))
        {
            WriteError(new ErrorRecord(new SessionStateException($"The alias is not allowed, because an alias with the name '{Name}' already exists."), "AliasAlreadyExists", ErrorCategory.ResourceExists, Name));
            return;
        }

        try
        {
            foreach (var item in InvokeProvider.Item.Set([path], Value, Force, literalPath: false))
            {
                if (item.BaseObject is not AliasInfo alias)
                    continue;
                alias.Description = Description;
                if (Option != ScopedItemOptions.None)
                    alias.Options = Option;
                if (PassThru)
                    WriteObject(alias);
            }
        }
        catch (RuntimeException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}
