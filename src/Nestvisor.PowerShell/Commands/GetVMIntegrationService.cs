using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMIntegrationService: gets Hyper-V's integration services, none of which is enabled or can be.</summary>
/// <remarks>
/// The services are listed so that scripts that look for them find that they are off. Stop-VM presses the ACPI power button instead.
/// </remarks>
/// <example>
/// Shows which services are enabled, which is none.
/// <code>Get-VMIntegrationService L1 | Where-Object Enabled</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMIntegrationService", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMIntegrationComponent))]
public sealed class GetVMIntegrationService : MachinePartCmdlet
{
    /// <summary>Names of services; wildcards work.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) =>
        WriteObject(IntegrationServiceFinder.Find(machine, Name, error => WriteError(ErrorOf(error, machine))), enumerateCollection: true);
}
