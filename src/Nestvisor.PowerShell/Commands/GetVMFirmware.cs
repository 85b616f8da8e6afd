using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMFirmware: gets what virtual machines boot.</summary>
/// <remarks>
/// Kernel, initial RAM disk and kernel command line are what the machine boots, in both generations. What is about UEFI has a fixed value.
/// </remarks>
/// <example>
/// Shows what L1 boots.
/// <code>Get-VMFirmware L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMFirmware", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMFirmware))]
public sealed class GetVMFirmware : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMFirmware(machine));
}
