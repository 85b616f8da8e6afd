using System.Management.Automation;
using System.Reflection;

namespace Microsoft.PowerShell.Commands;

/// <summary>Ends the commands before this one, once it needs no more: what <c>Select-Object -First</c> does.</summary>
internal static class PipelineEnd
{
    private static readonly ConstructorInfo? Stop = typeof(PSObject).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException")
        ?.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).FirstOrDefault(c => c.GetParameters().Length == 1);

    /// <summary>Throws what the engine takes as the wish to end. Where this build has no such exception, the rest is read and dropped.</summary>
    public static void StopUpstream(Cmdlet command)
    {
        if (Stop is not null)
            throw (Exception)Stop.Invoke([command]);
    }
}
