using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>What the commands of the loaded module look like, in the form of the data.</summary>
internal static class ModuleShape
{
    private const string OwnNamespace = "Microsoft.HyperV.PowerShell.";

    private static readonly string[] PlainNamespaces =
        ["System", "System.Collections", "System.Collections.Generic", "System.Management.Automation", "Microsoft.Management.Infrastructure"];

    /// <summary>A command.</summary>
    public static CommandShape Of(CmdletInfo command)
    {
        CmdletAttribute declaration = (CmdletAttribute)Attribute.GetCustomAttribute(command.ImplementingType, typeof(CmdletAttribute))!;
        CommandShape shape = new(
            command.Name,
            command.DefaultParameterSet is null or "" ? "*" : command.DefaultParameterSet,
            declaration.SupportsShouldProcess ? declaration.ConfirmImpact.ToString() : "-",
            Join(command.OutputType.Select(output => Name(output.Type))));
        foreach (ParameterMetadata parameter in command.Parameters.Values)
        {
            if (!Cmdlet.CommonParameters.Contains(parameter.Name) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Name))
            {
                shape.Parameters.Add(parameter.Name, Of(parameter));
            }
        }

        return shape;
    }

    /// <summary>A type's name as the data writes it.</summary>
    public static string Name(Type type)
    {
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        if (type.IsGenericType)
        {
            return $"{type.Name[..type.Name.IndexOf('`')]}<{Join(type.GetGenericArguments().Select(Name))}>";
        }

        string name = type.FullName!;
        return name.StartsWith(OwnNamespace, StringComparison.Ordinal) ? "~" + name[OwnNamespace.Length..]
            : PlainNamespaces.Contains(type.Namespace) ? type.Name
            : name;
    }

    private static ParameterShape Of(ParameterMetadata parameter) => new(
        parameter.Name,
        Name(parameter.ParameterType),
        Join(parameter.ParameterSets.Select(set => Set(set.Key, set.Value))),
        Join(parameter.Aliases),
        Join(parameter.Attributes.Select(Rule).OfType<string>()));

    private static string Set(string name, ParameterSetMetadata set)
    {
        string position = set.Position == int.MinValue ? "-" : $"{set.Position}";
        return $"{(name == ParameterAttribute.AllParameterSets ? "*" : name)}:{position}{(set.IsMandatory ? "!" : "")}"
            + $"{(set.ValueFromPipeline ? "v" : "")}{(set.ValueFromPipelineByPropertyName ? "n" : "")}";
    }

    private static string? Rule(Attribute attribute) => attribute switch
    {
        ValidateRangeAttribute range => $"Range({range.MinRange},{range.MaxRange})",
        ValidateSetAttribute set => $"Set({string.Join(',', set.ValidValues)})",
        ValidateArgumentsAttribute or AllowNullAttribute or AllowEmptyStringAttribute or AllowEmptyCollectionAttribute =>
            attribute.GetType().Name.Replace("Attribute", "", StringComparison.Ordinal).Replace("Validate", "", StringComparison.Ordinal),
        _ => null,
    };

    private static string Join(IEnumerable<string> parts) => string.Join(';', parts.Order(StringComparer.Ordinal));
}
