using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMComPort: gets the serial ports of virtual machines. There is one, COM 1, the console.</summary>
/// <remarks>
/// A machine has one, number 1, which is its console. While the machine runs, Path is a Unix socket that carries what the guest prints and
/// reads.
/// </remarks>
/// <example>
/// Shows the socket of the console of L1.
/// <code>(Get-VMComPort L1).Path</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMComPort", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMComPort))]
public sealed class GetVMComPort : MachinePartCmdlet
{
    /// <summary>Number of the port; 2 does not exist.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(1, 2)]
    [Unsupported("a virtual machine has one serial port, number 1.", Except = 1)]
    public int Number { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => WriteObject(new VMComPort(machine));
}
