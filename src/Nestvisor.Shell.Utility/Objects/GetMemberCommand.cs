using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Get-Member gives: a member of a type.</summary>
public sealed class MemberDefinition
{
    internal MemberDefinition(string typeName, string name, PSMemberTypes memberType, string? definition)
    {
        TypeName = typeName;
        Name = name;
        MemberType = memberType;
        Definition = definition ?? string.Empty;
    }

    /// <summary>The type.</summary>
    public string TypeName { get; }

    /// <summary>The member.</summary>
    public string Name { get; }

    /// <summary>Its kind.</summary>
    public PSMemberTypes MemberType { get; }

    /// <summary>How it is declared.</summary>
    public string Definition { get; }

    /// <inheritdoc/>
    public override string ToString() => Definition;
}

/// <summary>Get-Member: the members of objects.</summary>
[Cmdlet(VerbsCommon.Get, "Member")]
[OutputType(typeof(MemberDefinition))]
public sealed class GetMemberCommand : PSCmdlet
{
    private readonly HashSet<string> _types = [];

    /// <summary>The objects; one of each type is looked at.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Kinds.</summary>
    [Parameter]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;

    /// <summary>Where the members come from.</summary>
    [Parameter]
    public PSMemberViewTypes View { get; set; } = PSMemberViewTypes.Adapted | PSMemberViewTypes.Extended;

    /// <summary>Static members.</summary>
    [Parameter]
    public SwitchParameter Static { get; set; }

    /// <summary>Also what is hidden.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        var type = Static ? (InputObject.BaseObject as Type ?? InputObject.BaseObject.GetType()).FullName! : InputObject.TypeNames.FirstOrDefault() ?? "System.Object";
        if (!_types.Add(type))
            return;
        var members = Static ? StaticMembers(type) : Members(type);
        foreach (var member in members.Where(m => Force || !IsHidden(m)).OrderBy(m => Rank(m.MemberType)).ThenBy(m => m.Name, StringComparer.OrdinalIgnoreCase))
            WriteObject(member);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_types.Count == 0)
            WriteError(new ErrorRecord(new InvalidOperationException("You must specify an object for the Get-Member cmdlet."), "NoObjectInGetMember", ErrorCategory.CloseError, null));
    }

    private IEnumerable<MemberDefinition> Members(string type)
    {
        var patterns = Patterns();
        foreach (var member in InputObject!.Members)
        {
            if ((member.MemberType & MemberType) == 0 || !patterns.Any(p => p.IsMatch(member.Name)) || !InView(member))
                continue;
            yield return new MemberDefinition(type, member.Name, member.MemberType, member.ToString());
        }
    }

    // The engine has the adapter for static members to itself, so they are told from reflection.
    private IEnumerable<MemberDefinition> StaticMembers(string typeName)
    {
        var patterns = Patterns();
        var type = InputObject!.BaseObject as Type ?? InputObject.BaseObject.GetType();
        const System.Reflection.BindingFlags flags = System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.FlattenHierarchy;
        foreach (var property in type.GetProperties(flags).Where(p => patterns.Any(w => w.IsMatch(p.Name)) && (MemberType & PSMemberTypes.Property) != 0))
            yield return new MemberDefinition(typeName, property.Name, PSMemberTypes.Property, $"static {Short(property.PropertyType)} {property.Name} {{{(property.CanRead ? "get;" : "")}{(property.CanWrite ? "set;" : "")}}}");
        foreach (var field in type.GetFields(flags).Where(p => patterns.Any(w => w.IsMatch(p.Name)) && (MemberType & PSMemberTypes.Property) != 0))
            yield return new MemberDefinition(typeName, field.Name, PSMemberTypes.Property, $"static {Short(field.FieldType)} {field.Name} {{get;{(field.IsInitOnly || field.IsLiteral ? "" : "set;")}}}");
        if ((MemberType & PSMemberTypes.Method) == 0)
            yield break;
        foreach (var group in type.GetMethods(flags).Where(m => (!m.IsSpecialName || Force) && patterns.Any(w => w.IsMatch(m.Name))).GroupBy(m => m.Name))
        {
            var overloads = group.Select(m => $"static {Short(m.ReturnType)} {m.Name}({string.Join(", ", m.GetParameters().Select(p => $"{Short(p.ParameterType)} {p.Name}"))})");
            yield return new MemberDefinition(typeName, group.Key, PSMemberTypes.Method, string.Join(", ", overloads));
        }
    }

    private WildcardPattern[] Patterns() => [.. Name.Select(n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase))];

    private bool InView(PSMemberInfo member)
    {
        var extended = member.MemberType is not (PSMemberTypes.Property or PSMemberTypes.Method or PSMemberTypes.ParameterizedProperty or PSMemberTypes.Event);
        return extended ? (View & PSMemberViewTypes.Extended) != 0 : (View & (PSMemberViewTypes.Adapted | PSMemberViewTypes.Base)) != 0;
    }

    private static bool IsHidden(MemberDefinition member)
        => member.MemberType == PSMemberTypes.Method && (member.Name.StartsWith("get_", StringComparison.Ordinal) || member.Name.StartsWith("set_", StringComparison.Ordinal)
                || member.Name.StartsWith("add_", StringComparison.Ordinal) || member.Name.StartsWith("remove_", StringComparison.Ordinal) || member.Name.StartsWith("op_", StringComparison.Ordinal))
            || member.Name is "psbase" or "psadapted" or "psextended" or "psobject" or "pstypenames";

    private static int Rank(PSMemberTypes type) => type switch
    {
        PSMemberTypes.AliasProperty => 0,
        PSMemberTypes.CodeMethod => 1,
        PSMemberTypes.Event => 2,
        PSMemberTypes.Method => 3,
        PSMemberTypes.ParameterizedProperty => 4,
        PSMemberTypes.CodeProperty => 5,
        PSMemberTypes.NoteProperty => 6,
        PSMemberTypes.Property => 7,
        _ => 8,
    };

    private static string Short(Type type) => LanguagePrimitives.ConvertTo<string>(type) ?? type.Name;
}
