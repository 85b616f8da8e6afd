using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHost: gets this host and its settings.</summary>
/// <remarks>
/// It shows the computer's processors and memory, the configuration versions that machines can have, and the folders for configurations and
/// disks.
/// </remarks>
/// <example>
/// Shows where the configurations of virtual machines are.
/// <code>(Get-VMHost).VirtualMachinePath</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMHost", DefaultParameterSetName = ComputerSet)]
[OutputType(typeof(VMHost))]
public sealed class GetVMHost : HostCmdlet
{
    /// <inheritdoc/>
    private protected override void Process() => WriteObject(new VMHost(Await(Client.GetHostAsync(Cancellation))));
}
