using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the cmdlets over variables share.</summary>
public abstract class VariableCommand : PSCmdlet
{
    /// <summary>The scope: Global, Local, Script, or how many scopes up.</summary>
    [Parameter]
    public string? Scope { get; set; }

    /// <summary>The variables whose names pass.</summary>
    private protected IEnumerable<PSVariable> Find(string name, string[] include, string[] exclude)
    {
        var found = new List<PSVariable>();
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            if (Lookup(name) is { } one)
                found.Add(one);
        }
        else
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            foreach (var item in InvokeProvider.ChildItem.Get("Variable:", recurse: false))
            {
                if (item.BaseObject is PSVariable variable && pattern.IsMatch(variable.Name))
                    found.Add(variable);
            }
        }

        return found.Where(v => (include.Length == 0 || include.Any(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase).IsMatch(v.Name)))
            && !exclude.Any(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase).IsMatch(v.Name))).OrderBy(v => v.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The variable in the scope given; null when there is none.</summary>
    private protected PSVariable? Lookup(string name)
        => SessionState.PSVariable.Get(Scope is null || int.TryParse(Scope, out _) ? name : $"{Scope}:{name}");

    /// <summary>Refuses scopes by number, which only the engine's own commands can reach.</summary>
    private protected void RefuseNumberedScope()
    {
        if (int.TryParse(Scope, out var number) && number != 0)
            ThrowTerminatingError(new ErrorRecord(new PSNotSupportedException($"{MyInvocation.MyCommand.Name} does not support -Scope {Scope} in this shell. Use Global, Script or Local."), "ParameterNotSupported", ErrorCategory.NotImplemented, Scope));
    }

    /// <summary>The name with the scope before it.</summary>
    private protected string Scoped(string name) => Scope is null or "0" ? name : $"{Scope}:{name}";

    /// <summary>Reports a name that nothing has.</summary>
    private protected void NotFound(string name)
        => WriteError(new ErrorRecord(new ItemNotFoundException($"Cannot find a variable with the name '{name}'."), "VariableNotFound", ErrorCategory.ObjectNotFound, name));
}
