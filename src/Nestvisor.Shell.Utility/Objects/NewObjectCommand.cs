using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Object: an object of a .NET type.</summary>
[Cmdlet(VerbsCommon.New, "Object", DefaultParameterSetName = "Net")]
public sealed class NewObjectCommand : PSCmdlet
{
    /// <summary>The type.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Net")]
    [ValidateTrustedData]
    public string TypeName { get; set; } = string.Empty;

    /// <summary>The constructor's arguments.</summary>
    [Parameter(Position = 1, ParameterSetName = "Net")]
    [ValidateTrustedData]
    [Alias("Args")]
    [AllowNull]
    public object?[]? ArgumentList { get; set; }

    /// <summary>Properties to set.</summary>
    [Parameter]
    [ValidateTrustedData]
    public IDictionary? Property { get; set; }

    /// <summary>Refused: COM is Windows'.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Com")]
    public string? ComObject { get; set; }

    /// <summary>Refused: COM is Windows'.</summary>
    [Parameter(ParameterSetName = "Com")]
    public SwitchParameter Strict { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (ParameterSetName == "Com")
            Fail(new PSNotSupportedException("New-Object does not support -ComObject in this shell: COM is a part of Windows."), "ParameterNotSupported", ErrorCategory.NotImplemented);
        Type? type = null;
        try
        {
            type = LanguagePrimitives.ConvertTo<Type>(TypeName);
        }
        catch (PSInvalidCastException)
        {
            Fail(new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded."), "TypeNotFound", ErrorCategory.InvalidType);
        }

        var created = Create(type!);
        foreach (DictionaryEntry entry in Property ?? new Hashtable())
            Set(created, entry.Key.ToString()!, entry.Value);
        WriteObject(created);
    }

    private PSObject Create(Type type)
    {
        if (type == typeof(PSObject) || type == typeof(PSCustomObject))
            return new PSObject();
        try
        {
            if (type.IsValueType && ArgumentList is null or [])
                return PSObject.AsPSObject(Activator.CreateInstance(type)!);
            // The engine's own choice of constructor, with its conversions.
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            var arguments = (ArgumentList ?? []).Select(a => a is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : a).ToArray();
            var result = shell.AddScript("param($type, $arguments) ,($type::new.Invoke($arguments))", useLocalScope: true).AddArgument(type).AddArgument(arguments).Invoke();
            if (result.Count == 1 && result[0] is { } value)
                return value;
        }
        catch (Exception e) when (e is RuntimeException or TargetInvocationException or MissingMethodException or MemberAccessException)
        {
            var cause = e is MethodInvocationException or TargetInvocationException ? e.InnerException ?? e : e.InnerException is MethodException method ? method : e;
            if (cause is MethodException)
                cause = new PSArgumentException($"A constructor was not found. Cannot find an appropriate constructor for type {type.FullName}.");
            Fail(cause, "ConstructorInvokedThrowException,Microsoft.PowerShell.Commands.NewObjectCommand", ErrorCategory.InvalidOperation);
        }

        Fail(new PSArgumentException($"A constructor was not found. Cannot find an appropriate constructor for type {type.FullName}."), "CannotFindAppropriateCtor", ErrorCategory.ObjectNotFound);
        return new PSObject();
    }

    private void Set(PSObject target, string name, object? value)
    {
        if (target.BaseObject is PSCustomObject)
        {
            target.Properties.Add(new PSNoteProperty(name, value));
            return;
        }

        try
        {
            if (target.Properties[name] is { } property)
                property.Value = value;
            else if (target.Methods[name] is { } method)
                method.Invoke(value);
            else
                WriteError(new ErrorRecord(new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The member \"{name}\" was not found for the specified .NET object.")), "InvalidOperationException", ErrorCategory.InvalidOperation, null));
        }
        catch (Exception e) when (e is SetValueException or MethodException)
        {
            Fail(e, "SetValueException", ErrorCategory.InvalidData);
        }
    }

    private void Fail(Exception error, string id, ErrorCategory category) => ThrowTerminatingError(new ErrorRecord(error, id, category, null));
}
