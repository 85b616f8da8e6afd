using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMScsiController: removes SCSI controllers of virtual machines, with the drives on them. Files stay.</summary>
/// <remarks>
/// Controllers after the one that is removed get the number before theirs. The machine has to be off.
/// </remarks>
/// <example>
/// Removes the controllers of L1 that have no drives.
/// <code>Get-VMScsiController L1 | Where-Object { -not $_.Drives } | Remove-VMScsiController</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMScsiController", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMScsiController))]
public sealed class RemoveVMScsiController : MachineCmdlet
{
    private const string NameSet = "VMName";
    private const string ControllerSet = "Object";

    private readonly List<VMScsiController> _removable = [];

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Number of the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    public int ControllerNumber { get; set; }

    /// <summary>SCSI controllers.</summary>
    [Parameter(ParameterSetName = ControllerSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMScsiController[]? VMScsiController { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Writes the controller.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => null;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (VMScsiController is null)
        {
            base.Process();
            return;
        }

        foreach (VMScsiController controller in VMScsiController)
        {
            Guarded(() => Ask(controller));
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => Ask(
        PowerShell.VMScsiController.Of(machine).Find(controller => controller.ControllerNumber == ControllerNumber)
            ?? throw ApiException.NotFound($"'{machine.Name}' has no SCSI controller {ControllerNumber}."));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // The last ones first: those after a removed one change their numbers.
        foreach (VMScsiController controller in _removable.OrderByDescending(controller => controller.ControllerNumber))
        {
            Guarded(() =>
            {
                Session.Touch();
                controller.Machine.Update(Await(Client.RemoveScsiControllerAsync(controller.VMId, controller.ControllerNumber, Cancellation)));
                if (Passthru)
                {
                    WriteObject(controller);
                }
            });
        }
    }

    private void Ask(VMScsiController controller)
    {
        controller.RequireCurrent();
        if (Confirmed("remove a SCSI controller from", controller.Machine))
        {
            _removable.Add(controller);
        }
    }
}
