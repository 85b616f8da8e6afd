using System.Management.Automation;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHostSupportedVersion: the configuration versions that virtual machines can have.</summary>
[Cmdlet(VerbsCommon.Get, "VMHostSupportedVersion", DefaultParameterSetName = ComputerSet)]
[OutputType(typeof(VMHostSupportedVersion))]
public sealed class GetVMHostSupportedVersion : VirtualizationCmdlet
{
    private const string ComputerSet = "ComputerName";

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = "CimSession", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = ComputerSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
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
