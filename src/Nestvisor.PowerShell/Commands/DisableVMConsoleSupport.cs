using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>
/// Disable-VMConsoleSupport: leaves all as it is, since there is no screen, keyboard or mouse to take away. The serial console is not
/// meant.
/// </summary>
[Cmdlet(VerbsLifecycle.Disable, "VMConsoleSupport", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class DisableVMConsoleSupport : MachinePartCmdlet
{
    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("disable the console support of", machine) && Passthru)
        {
            WriteObject(machine);
        }
    }
}
