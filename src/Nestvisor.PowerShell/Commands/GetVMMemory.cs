using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMMemory: gets the memory of virtual machines.</summary>
/// <remarks>The size is fixed, as there is no dynamic memory: Startup, Minimum and Maximum are the same.</remarks>
/// <example>
/// Shows the memory of L1.
/// <code>Get-VMMemory L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMMemory", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMMemory))]
public sealed class GetVMMemory : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMMemory(machine));
}
