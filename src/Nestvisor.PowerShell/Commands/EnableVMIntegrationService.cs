using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Enable-VMIntegrationService: an error that says why, since there are no integration services.</summary>
[Cmdlet(VerbsLifecycle.Enable, "VMIntegrationService", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMIntegrationComponent))]
public sealed class EnableVMIntegrationService : IntegrationServiceCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessService(VMIntegrationComponent service) => throw ApiException.NotSupported(
        $"The integration service \"{service.Name}\" of '{service.VMName}' cannot be enabled: there are no integration services. "
        + "Stop-VM presses the ACPI power button, and the serial console carries commands (Send-VMConsoleText).");
}
