using System.Collections;
using System.Management.Automation;
using System.Reflection;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>
/// The engine's own formatter. It is complete in System.Management.Automation, but only the assembly of the real Format- and Out- commands
/// may set it to work; this reaches the same members by name. The engine's version is pinned and <see cref="Check"/> runs when the module loads.
/// </summary>
internal static class FormatterInternals
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance;
    private const string Space = "Microsoft.PowerShell.Commands.Internal.Format.";
    private static readonly Assembly Engine = typeof(PSObject).Assembly;
    private static readonly FieldInfo? Implementation = typeof(FrontEndCommandBase).GetField("implementation", Hidden);
    private static readonly Type? Shaper = Engine.GetType(Space + "InnerFormatShapeCommand");
    private static readonly Type? Printer = Engine.GetType(Space + "OutputManagerInner");
    private static readonly Type? Shape = Engine.GetType(Space + "FormatShape");
    private static readonly Type? Lines = Engine.GetType(Space + "TextWriterLineOutput");
    private static readonly Type? Parameters = Engine.GetType(Space + "FormattingCommandLineParameters");

    /// <summary>Fails with a sentence when this build of the engine lacks a member.</summary>
    public static void Check()
    {
        if (Implementation is null || Shaper is null || Printer is null || Shape is null || Lines is null || Parameters is null)
        {
            throw new PSNotSupportedException($"This build of the PowerShell engine ({Engine.GetName().Version}) has another formatter than the one Nestvisor is made for. "
                + "Build Nestvisor with the version that Directory.Packages.props names.");
        }
    }

    /// <summary>Makes <paramref name="command"/> format as <paramref name="shape"/>: Table, List, Wide or Complex.</summary>
    public static void UseShape(FrontEndCommandBase command, string shape)
        => Implementation!.SetValue(command, Create(Shaper!, Enum.Parse(Shape!, shape)));

    /// <summary>Makes <paramref name="command"/> print what it gets.</summary>
    public static void UsePrinter(FrontEndCommandBase command) => Implementation!.SetValue(command, Create(Printer!));

    /// <summary>Sends what <paramref name="command"/> prints to <paramref name="writer"/>, in lines of at most <paramref name="width"/> columns.</summary>
    public static void PrintTo(FrontEndCommandBase command, TextWriter writer, int width, bool suppressNewline)
        => Printer!.GetProperty("LineOutput", Hidden)!.SetValue(Implementation!.GetValue(command), Create(Lines!, writer, width, suppressNewline));

    /// <summary>
    /// Gives the formatter the command's parameters. The real commands override an internal method for it, which cannot be done from here, so this
    /// follows the base class's own start, which has passed on nothing for the wide and the custom shape.
    /// </summary>
    public static void SetParameters(OuterFormatShapeCommandBase command, string definition, object[]? properties, string shapeParameters, string field, object? value, bool? autoSize)
    {
        var bag = Create(Parameters!);
        var context = Create(Engine.GetType(Space + "TerminatingErrorContext")!, command);
        if (properties is { Length: > 0 })
            Set(bag, "mshParameterList", Process(definition, properties, context));
        if (command.GroupBy is { } group && Process("FormatGroupByParameterDefinition", [group], context) is { Count: > 0 } groups)
            Set(bag, "groupByParameter", groups[0]);
        if (!string.IsNullOrEmpty(command.View))
            Set(bag, "viewName", command.View);
        Set(bag, "forceFormattingAlsoOnOutOfBand", (bool)command.Force);
        Set(bag, "expansion", typeof(OuterFormatShapeCommandBase).GetMethod("ProcessExpandParameter", Hidden)!.Invoke(command, null));
        if (command.MyInvocation.BoundParameters.ContainsKey(nameof(command.ShowError)))
            Set(bag, "showErrorsAsMessages", (bool)command.ShowError);
        if (command.MyInvocation.BoundParameters.ContainsKey(nameof(command.DisplayError)))
            Set(bag, "showErrorsInFormattedOutput", (bool)command.DisplayError);
        if (autoSize is { } wanted)
            Set(bag, "autosize", wanted);
        var shape = Create(Engine.GetType(Space + shapeParameters)!);
        if (value is not null)
            Set(shape, field, value);
        Set(bag, "shapeParameters", shape);
        Shaper!.GetMethod("SetCommandLineParameters", Hidden)!.Invoke(Implementation!.GetValue(command), [bag]);
    }

    private static IList Process(string definition, object[] properties, object context)
    {
        var processor = Create(Engine.GetType(Space + "ParameterProcessor")!, Create(Engine.GetType(Space + definition)!));
        var method = processor.GetType().GetMethods(Hidden).First(m => m.Name == "ProcessParameters" && m.GetParameters().Length == 2);
        try
        {
            return (IList)method.Invoke(processor, [properties, context])!;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    private static object Create(Type type, params object[] arguments)
        => Activator.CreateInstance(type, Hidden, binder: null, arguments, culture: null)!;

    private static void Set(object target, string field, object? value) => target.GetType().GetField(field, Hidden)!.SetValue(target, value);
}
