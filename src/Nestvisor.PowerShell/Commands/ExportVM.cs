using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Export-VM: copies virtual machines with their disks into a folder, from which Import-VM takes them.</summary>
/// <remarks>
/// Each machine gets a folder with its name, which must not exist: configuration, saved state, kernel and disks in Hyper-V's layout. A
/// machine that runs stands still while it is copied and then goes on; its copy is saved, and goes on from the same instant.
/// </remarks>
/// <example>
/// Copies L1 into the folder exports/L1.
/// <code>Export-VM L1 exports</code>
/// </example>
[Cmdlet(VerbsData.Export, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class ExportVM : MachineJobCmdlet
{
    /// <summary>The folder; each machine gets a folder with its name in it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string Path { get; set; } = "";

    /// <summary>What is copied of a machine that runs or is paused: its state, if not given.</summary>
    [Parameter]
    [ValidateNotNull]
    public CaptureLiveState? CaptureLiveState { get; set; }

    /// <inheritdoc/>
    private protected override bool IsConfirmed(VirtualMachine machine) => Confirmed("export", machine);

    /// <inheritdoc/>
    private protected override void Work(VirtualMachine machine)
    {
        ExportMachineRequest request = new()
        {
            Path = FullPath(Path),
            Transfer = Guid.NewGuid(),
            Capture = CaptureLiveState switch
            {
                null => null,
                PowerShell.CaptureLiveState.CaptureCrashConsistentState => LiveCapture.CrashConsistent,
                PowerShell.CaptureLiveState.CaptureDataConsistentState => LiveCapture.DataConsistent,
                _ => LiveCapture.SavedState,
            },
        };
        Session.Touch();
        machine.Update(TransferProgress.Await(
            this, $"Exporting '{machine.Name}'", Client, request.Transfer.Value, Client.ExportMachineAsync(machine.Id, request, Cancellation)));
    }
}
