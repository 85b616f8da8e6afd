using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMProcessor: gets the processors of virtual machines.</summary>
/// <remarks>
/// It tells how many there are, whether the guest finds AMD-V or VT-x in them, and which of their features are hidden from it.
/// </remarks>
/// <example>
/// Shows the machines that can run virtual machines of their own.
/// <code>Get-VMProcessor * | Where-Object ExposeVirtualizationExtensions</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMProcessor", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMProcessor))]
public sealed class GetVMProcessor : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMProcessor(machine));
}
