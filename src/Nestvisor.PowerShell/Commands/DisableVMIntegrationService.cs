using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Disable-VMIntegrationService: leaves all as it is, since no integration service is ever enabled.</summary>
/// <remarks>
/// The command checks the names that it is given. There are no integration services to disable.
/// </remarks>
/// <example>
/// Asks that L1 does not set its clock by a service.
/// <code>Disable-VMIntegrationService 'Time Synchronization' L1</code>
/// </example>
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
