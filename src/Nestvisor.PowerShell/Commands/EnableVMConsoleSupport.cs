using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Enable-VMConsoleSupport: fails and says why, since there is no screen, keyboard or mouse.</summary>
/// <remarks>
/// Hyper-V means the screen, the keyboard and the mouse of a machine. Its console here is the serial line, see Connect-VMConsole.
/// </remarks>
/// <example>
/// Tries to give L1 a screen and goes on without it.
/// <code>Enable-VMConsoleSupport L1 -ErrorAction SilentlyContinue</code>
/// </example>
[Cmdlet(VerbsLifecycle.Enable, "VMConsoleSupport", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class EnableVMConsoleSupport : MachinePartCmdlet
{
    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => throw ApiException.NotSupported(
        $"'{machine.Name}' cannot have a screen, a keyboard and a mouse: these devices are not supported. Its console is the serial line; see Connect-VMConsole.");
}
