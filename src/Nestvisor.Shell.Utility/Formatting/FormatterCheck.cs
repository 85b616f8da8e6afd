using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Checks the engine when the module loads.</summary>
public sealed class FormatterCheck : IModuleAssemblyInitializer
{
    /// <inheritdoc/>
    public void OnImport() => FormatterInternals.Check();
}
