using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMMemory: the memory of virtual machines.</summary>
[Cmdlet(VerbsCommon.Get, "VMMemory", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMMemory))]
public sealed class GetVMMemory : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMMemory(machine));
}
