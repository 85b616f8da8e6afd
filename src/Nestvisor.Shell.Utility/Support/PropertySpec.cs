using System.Collections;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A property as users name it: a name or wildcard, a script block, or a table with Name, Expression and options.</summary>
internal sealed class PropertySpec
{
    private PropertySpec(PSPropertyExpression expression, string? label, IDictionary? options)
    {
        Expression = expression;
        Label = label;
        Options = options;
    }

    /// <summary>How the value is got.</summary>
    public PSPropertyExpression Expression { get; }

    /// <summary>The name to use rather than the property's own; null for that.</summary>
    public string? Label { get; }

    /// <summary>The table's further entries (Ascending, Descending); null when it was none.</summary>
    public IDictionary? Options { get; }

    /// <summary>Reads <paramref name="properties"/>; fails <paramref name="command"/> on what is none.</summary>
    public static List<PropertySpec> Parse(PSCmdlet command, object[]? properties, params string[] options)
    {
        var specs = new List<PropertySpec>();
        foreach (var property in properties ?? [])
            specs.Add(ParseOne(command, property is PSObject wrapped ? wrapped.BaseObject : property, options));
        return specs;
    }

    /// <summary>The value for <paramref name="item"/>; null when it has no such property or getting it fails.</summary>
    public object? Value(PSObject item)
    {
        foreach (var result in Expression.GetValues(item))
            return result.Exception is null ? result.Result : null;
        return null;
    }

    /// <summary>The entry of <see cref="Options"/> is there and true.</summary>
    public bool? Option(string name)
    {
        foreach (DictionaryEntry entry in Options ?? new Hashtable())
        {
            if (name.StartsWith(entry.Key.ToString()!, StringComparison.OrdinalIgnoreCase))
                return LanguagePrimitives.IsTrue(entry.Value);
        }

        return null;
    }

    private static PropertySpec ParseOne(PSCmdlet command, object? property, string[] options)
    {
        switch (property)
        {
            case null or "":
                throw Invalid(command, "A property name is empty.", "PropertyNameEmpty", property);
            case ScriptBlock script:
                return new PropertySpec(new PSPropertyExpression(script), script.ToString(), null);
            case IDictionary table:
                return ParseTable(command, table, options);
            default:
                return new PropertySpec(new PSPropertyExpression(property.ToString()!), null, null);
        }
    }

    private static PropertySpec ParseTable(PSCmdlet command, IDictionary table, string[] options)
    {
        object? expression = null;
        string? label = null;
        foreach (DictionaryEntry entry in table)
        {
            var key = entry.Key.ToString()!;
            if (key.Length > 0 && "Expression".StartsWith(key, StringComparison.OrdinalIgnoreCase))
                expression = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            else if (key.Length > 0 && ("Name".StartsWith(key, StringComparison.OrdinalIgnoreCase) || "Label".StartsWith(key, StringComparison.OrdinalIgnoreCase)))
                label = entry.Value?.ToString();
            else if (key.Length == 0 || !options.Any(o => o.StartsWith(key, StringComparison.OrdinalIgnoreCase)))
                throw Invalid(command, $"The key '{key}' is not one that {command.MyInvocation.MyCommand.Name} knows; use Name, Expression{string.Concat(options.Select(o => ", " + o))}.", "DictionaryKeyUnknown", table);
        }

        return expression switch
        {
            ScriptBlock script => new PropertySpec(new PSPropertyExpression(script), label ?? script.ToString(), table),
            string { Length: > 0 } name => new PropertySpec(new PSPropertyExpression(name), label, table),
            _ => throw Invalid(command, "A property's table needs an Expression: a script block or a property's name.", "DictionaryKeyMandatoryEntry", table),
        };
    }

    private static PSArgumentException Invalid(PSCmdlet command, string message, string id, object? target)
    {
        var error = new PSArgumentException(message);
        command.ThrowTerminatingError(new ErrorRecord(error, id, ErrorCategory.InvalidArgument, target));
        return error;
    }
}
