using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHost: this host and its settings.</summary>
[Cmdlet(VerbsCommon.Get, "VMHost", DefaultParameterSetName = ComputerSet)]
[OutputType(typeof(VMHost))]
public sealed class GetVMHost : HostCmdlet
{
    /// <inheritdoc/>
    private protected override void Process() => WriteObject(new VMHost(Await(Client.GetHostAsync(Cancellation))));
}
