using System.Management.Automation;
using System.Reflection;
using Nestvisor.Shell.Engine;

namespace Nestvisor.Shell.Windows;

/// <summary>
/// Puts types that answer in the place of types of .NET that throw on Linux. The engine looks a type's name up among its accelerators
/// before it looks for a type of that name.
/// </summary>
internal static class WindowsTypes
{
    private const string Accelerators = "System.Management.Automation.TypeAccelerators";

    private static readonly Type[] Types = [typeof(WindowsIdentity), typeof(WindowsPrincipal)];

    /// <summary>Makes the types known under each name that scripts use: in full, without "System.", and alone after "using namespace".</summary>
    /// <exception cref="InvalidOperationException">The engine is another build than the one Nestvisor is made for.</exception>
    public static void Install()
    {
        var add = typeof(PSObject).Assembly.GetType(Accelerators)?.GetMethod("Add", BindingFlags.Public | BindingFlags.Static, [typeof(string), typeof(Type)])
            ?? throw EngineInternals.Missing(Accelerators + ".Add");
        foreach (var type in Types)
        {
            foreach (var place in new[] { "System.Security.Principal.", "Security.Principal.", string.Empty })
                add.Invoke(null, [place + type.Name, type]);
        }
    }
}
