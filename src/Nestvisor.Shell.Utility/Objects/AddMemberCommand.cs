using System.Collections;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Add-Member: gives an object a member.</summary>
[Cmdlet(VerbsCommon.Add, "Member", DefaultParameterSetName = "TypeNameSet")]
public sealed class AddMemberCommand : PSCmdlet
{
    /// <summary>The object.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = new();

    /// <summary>The member's kind.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "MemberSet")]
    [Alias("Type")]
    public PSMemberTypes MemberType { get; set; }

    /// <summary>The member's name.</summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = "MemberSet")]
    public string Name { get; set; } = string.Empty;

    /// <summary>The value, the code to read it, or the name it stands for.</summary>
    [Parameter(Position = 2, ParameterSetName = "MemberSet")]
    [Parameter(Position = 2, ParameterSetName = "NotePropertySingleMemberSet")]
    public object? Value { get; set; }

    /// <summary>The code to set it, or the type of an alias.</summary>
    [Parameter(Position = 3, ParameterSetName = "MemberSet")]
    [Parameter(Position = 3, ParameterSetName = "NotePropertySingleMemberSet")]
    public object? SecondValue { get; set; }

    /// <summary>The name of a note.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NotePropertySingleMemberSet")]
    [ValidateNotNullOrEmpty]
    public string NotePropertyName { get; set; } = string.Empty;

    /// <summary>The value of a note.</summary>
    [Parameter(Position = 1, Mandatory = true, ParameterSetName = "NotePropertySingleMemberSet")]
    [AllowNull]
    public object? NotePropertyValue { get; set; }

    /// <summary>Notes, as a table.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "NotePropertyMultiMemberSet")]
    [ValidateNotNullOrEmpty]
    public IDictionary NotePropertyMembers { get; set; } = new Hashtable();

    /// <summary>A type name to put before the object's own.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "TypeNameSet")]
    [Parameter(ParameterSetName = "MemberSet")]
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet")]
    [Parameter(ParameterSetName = "NotePropertyMultiMemberSet")]
    [ValidateNotNullOrEmpty]
    public string? TypeName { get; set; }

    /// <summary>Replace a member of the same name.</summary>
    [Parameter(ParameterSetName = "MemberSet")]
    [Parameter(ParameterSetName = "NotePropertySingleMemberSet")]
    [Parameter(ParameterSetName = "NotePropertyMultiMemberSet")]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (TypeName is not null)
            InputObject.TypeNames.Insert(0, TypeName);
        switch (ParameterSetName)
        {
            // By position, "NoteProperty name value" binds here first: the first word is a kind of member, then, and no note's name.
            case "NotePropertySingleMemberSet" when Enum.TryParse<PSMemberTypes>(NotePropertyName, ignoreCase: true, out var kind):
                MemberType = kind;
                Name = LanguagePrimitives.ConvertTo<string>(NotePropertyValue);
                Add(Create());
                break;
            case "NotePropertySingleMemberSet" when MyInvocation.BoundParameters.ContainsKey(nameof(Value)):
                ThrowTerminatingError(new ErrorRecord(new PSArgumentException($"'{NotePropertyName}' is not a kind of member."), "InvalidMemberType", ErrorCategory.InvalidArgument, NotePropertyName));
                break;
            case "NotePropertySingleMemberSet":
                Add(new PSNoteProperty(NotePropertyName, NotePropertyValue));
                break;
            case "NotePropertyMultiMemberSet":
                foreach (DictionaryEntry entry in NotePropertyMembers)
                    Add(new PSNoteProperty(entry.Key.ToString(), entry.Value));
                break;
            case "MemberSet":
                Add(Create());
                break;
        }

        if (PassThru)
            WriteObject(InputObject);
    }

    private PSMemberInfo Create()
    {
        switch (MemberType)
        {
            case PSMemberTypes.NoteProperty:
                return new PSNoteProperty(Name, Value);
            case PSMemberTypes.ScriptProperty:
                return new PSScriptProperty(Name, LanguagePrimitives.ConvertTo<ScriptBlock>(Value), LanguagePrimitives.ConvertTo<ScriptBlock>(SecondValue));
            case PSMemberTypes.ScriptMethod:
                return new PSScriptMethod(Name, LanguagePrimitives.ConvertTo<ScriptBlock>(Value));
            case PSMemberTypes.AliasProperty:
                var target = LanguagePrimitives.ConvertTo<string>(Value);
                return SecondValue is null ? new PSAliasProperty(Name, target) : new PSAliasProperty(Name, target, LanguagePrimitives.ConvertTo<Type>(SecondValue));
            case PSMemberTypes.PropertySet:
                return new PSPropertySet(Name, LanguagePrimitives.ConvertTo<string[]>(Value));
            case PSMemberTypes.MemberSet:
                return new PSMemberSet(Name, LanguagePrimitives.ConvertTo<PSMemberInfo[]>(Value) ?? []);
            case PSMemberTypes.CodeProperty:
                return new PSCodeProperty(Name, LanguagePrimitives.ConvertTo<System.Reflection.MethodInfo>(Value), LanguagePrimitives.ConvertTo<System.Reflection.MethodInfo>(SecondValue));
            case PSMemberTypes.CodeMethod:
                return new PSCodeMethod(Name, LanguagePrimitives.ConvertTo<System.Reflection.MethodInfo>(Value));
            default:
                ThrowTerminatingError(new ErrorRecord(new PSArgumentException($"A member of the type {MemberType} cannot be added."), "CannotAddMemberType", ErrorCategory.InvalidArgument, MemberType));
                throw new InvalidOperationException();
        }
    }

    private void Add(PSMemberInfo member)
    {
        if (InputObject.Members[member.Name] is { } existing)
        {
            if (!Force)
            {
                WriteError(new ErrorRecord(
                    new InvalidOperationException($"Cannot add a member with the name \"{member.Name}\" because a member with that name already exists. To overwrite the member anyway, add the Force parameter to your command."),
                    "MemberAlreadyExists", ErrorCategory.InvalidOperation, InputObject));
                return;
            }

            if (existing.IsInstance)
                InputObject.Members.Remove(member.Name);
        }

        InputObject.Members.Add(member);
    }
}
