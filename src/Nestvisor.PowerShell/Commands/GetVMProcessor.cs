using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMProcessor: the processors of virtual machines.</summary>
[Cmdlet(VerbsCommon.Get, "VMProcessor", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMProcessor))]
public sealed class GetVMProcessor : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMProcessor(machine));
}
