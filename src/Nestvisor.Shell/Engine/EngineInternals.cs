using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Nestvisor.Shell.Engine;

/// <summary>Members of the PowerShell engine that a host needs and that are not public.</summary>
internal static class EngineInternals
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Instance;

    /// <summary>
    /// Lets <c>exit N</c> in the script run next reach the host. Without it the engine keeps the code to itself in
    /// <c>$LASTEXITCODE</c>, where it cannot be told from the exit code of a native program.
    /// </summary>
    public static void LetScriptExitReachHost(Runspace runspace)
    {
        var context = typeof(Runspace).GetProperty("GetExecutionContext", Hidden)?.GetValue(runspace)
            ?? throw Missing("Runspace.GetExecutionContext");
        var property = context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden)
            ?? throw Missing("ExecutionContext.ScriptCommandProcessorShouldRethrowExit");
        property.SetValue(context, true);
    }

    /// <summary>Makes Out-Default write the object, an error record, to where errors go; else it would be output like any object.</summary>
    public static void MarkAsError(PSObject record)
    {
        var property = typeof(PSObject).GetProperty("WriteStream", Hidden) ?? throw Missing("PSObject.WriteStream");
        property.SetValue(record, Enum.Parse(property.PropertyType, "Error"));
    }

    /// <summary>The error for a member that this build of the engine lacks.</summary>
    public static InvalidOperationException Missing(string member)
        => new($"This build of the PowerShell engine ({typeof(PSObject).Assembly.GetName().Version}) has no {member}. "
            + "Nestvisor must be built with the engine version that Directory.Packages.props names.");
}
