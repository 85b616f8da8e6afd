using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Disable-VMIntegrationService: leaves all as it is, since no integration service is ever enabled.</summary>
[Cmdlet(VerbsLifecycle.Disable, "VMIntegrationService", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMIntegrationComponent))]
public sealed class DisableVMIntegrationService : IntegrationServiceCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessService(VMIntegrationComponent service)
    {
        if (Confirmed($"disable the integration service \"{service.Name}\" of", service.Machine) && Passthru)
        {
            WriteObject(service);
        }
    }
}
