using System.Management.Automation;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Enable-VMConsoleSupport: an error that says why, since there is no screen, keyboard or mouse.</summary>
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
