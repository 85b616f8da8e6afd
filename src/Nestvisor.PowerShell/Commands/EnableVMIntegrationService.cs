using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Enable-VMIntegrationService: fails and says why, since there are no integration services.</summary>
/// <remarks>
/// The command is there so that a script gets an error that says so. Stop-VM presses the ACPI power button; the serial console carries commands.
/// </remarks>
/// <example>
/// Tries to enable a service and goes on without it.
/// <code>Enable-VMIntegrationService VSS L1 -ErrorAction SilentlyContinue</code>
/// </example>
[Cmdlet(VerbsLifecycle.Enable, "VMIntegrationService", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMIntegrationComponent))]
public sealed class EnableVMIntegrationService : IntegrationServiceCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessService(VMIntegrationComponent service) => throw ApiException.NotSupported(
        $"The integration service \"{service.Name}\" of '{service.VMName}' cannot be enabled: there are no integration services. "
        + "Stop-VM presses the ACPI power button, and the serial console carries commands (Send-VMConsoleText).");
}
