using System.Management.Automation;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHostSupportedVersion: gets the configuration versions that virtual machines can have.</summary>
/// <remarks>
/// New-VM -Version takes one of them. On an AMD processor a machine needs version 10.0 or newer for virtualization extensions.
/// </remarks>
/// <example>
/// Shows the version that new machines get.
/// <code>Get-VMHostSupportedVersion -Default</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMHostSupportedVersion", DefaultParameterSetName = ComputerSet)]
[OutputType(typeof(VMHostSupportedVersion))]
public sealed class GetVMHostSupportedVersion : VirtualizationCmdlet
{
    private const string ComputerSet = "ComputerName";

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = "CimSession", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Only the version that new virtual machines have.</summary>
    [Parameter]
    public SwitchParameter Default { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        HostInfo host = Await(Client.GetHostAsync(Cancellation));
        foreach (string version in host.SupportedVersions)
        {
            bool isDefault = version == host.DefaultVersion;
            if (isDefault || !Default)
            {
                WriteObject(new VMHostSupportedVersion($"Configuration version {version}", new Version(version), isDefault));
            }
        }
    }
}
