using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMFirmware: what virtual machines boot.</summary>
[Cmdlet(VerbsCommon.Get, "VMFirmware", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMFirmware))]
public sealed class GetVMFirmware : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMFirmware(machine));
}
