using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Disable-VMConsoleSupport: leaves all as it is, since there is no screen, keyboard or mouse to take away.</summary>
/// <remarks>
/// Hyper-V means the screen, the keyboard and the mouse of a machine. The serial console is not meant and stays.
/// </remarks>
/// <example>
/// Asks that L1 has no screen.
/// <code>Disable-VMConsoleSupport L1</code>
/// </example>
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
