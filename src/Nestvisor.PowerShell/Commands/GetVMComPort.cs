using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMComPort: gets the serial ports of virtual machines.</summary>
/// <remarks>
/// COM 1 is the machine's console. While the machine runs, Path is a Unix socket that carries what the guest prints and reads. COM 2 is there for the
/// guest only while it has a path, which Set-VMComPort gives it.
/// </remarks>
/// <example>
/// Shows the socket of the console of L1.
/// <code>(Get-VMComPort L1 -Number 1).Path</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMComPort", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMComPort))]
public sealed class GetVMComPort : MachinePartCmdlet
{
    /// <summary>Number of the port; both if not given.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(1, 2)]
    public int Number { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        foreach (int number in Number == 0 ? [1, 2] : (int[])[Number])
        {
            WriteObject(new VMComPort(machine, number));
        }
    }
}
