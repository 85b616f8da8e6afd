using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Stop-VM: shuts virtual machines down through ACPI, turns them off, or saves them.</summary>
/// <remarks>
/// Without a switch it presses the ACPI power button and waits up to five minutes for the guest. -Force turns the machine off after that,
/// -TurnOff at once. A machine that is off already is a warning.
/// </remarks>
/// <example>
/// Shuts the guest of L1 down.
/// <code>Stop-VM L1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class StopVM : MachineOperationCmdlet
{
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromMinutes(5);

    /// <summary>Saves the machine's state, as Save-VM does.</summary>
    [Parameter]
    public SwitchParameter Save { get; set; }

    /// <summary>Turns the machine off at once, as if its power were cut.</summary>
    [Parameter]
    public SwitchParameter TurnOff { get; set; }

    /// <summary>Turns the machine off if the guest has not shut down within five minutes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override string Verb => Save ? "save" : TurnOff ? "turn off" : "shut down";

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine)
    {
        if (Save && TurnOff)
        {
            throw ApiException.InvalidArgument("Stop-VM -Save and -TurnOff exclude each other. Use one of them.");
        }

        if (IsAlready(machine, Save ? VMState.Saved : VMState.Off))
        {
            return;
        }

        if (Save)
        {
            Operate(machine, MachineOperation.Save);
            return;
        }

        if (TurnOff)
        {
            Operate(machine, MachineOperation.Stop);
            return;
        }

        Operate(machine, MachineOperation.Shutdown);

        // Five minutes are long for somebody who does not know what is waited for.
        ProgressRecord progress = new(0, $"'{machine.Name}' is told to shut down", "Waiting for its guest. Ctrl-C ends the wait; Stop-VM -TurnOff does not ask the guest.");
        WriteProgress(progress);
        MachineInfo info = MachineWait.ForState(Client, machine.Id, MachineState.Off, ShutdownLimit, Cancellation);
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
        Session.Touch();
        machine.Update(info);
        if (info.State == MachineState.Off)
        {
            return;
        }

        if (!Force)
        {
            throw new ApiException(
                ApiErrorCode.OperationTimeout,
                ApiErrorCategory.OperationTimeout,
                $"'{machine.Name}' did not shut down within {ShutdownLimit.TotalMinutes} minutes. Does its guest heed the ACPI power button? Turn it off with Stop-VM -TurnOff.");
        }

        Operate(machine, MachineOperation.Stop);
    }
}
