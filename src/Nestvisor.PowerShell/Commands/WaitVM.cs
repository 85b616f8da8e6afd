using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Wait-VM: waits until virtual machines are off.</summary>
/// <remarks>
/// What Hyper-V can wait for needs integration services in the guest, which there are none of; it is refused. So -For Off, an extension, has
/// to be given.
/// </remarks>
/// <example>
/// Waits up to five minutes until L1 is off.
/// <code>Wait-VM L1 -For Off -Timeout 300</code>
/// </example>
[Cmdlet(VerbsLifecycle.Wait, "VM", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class WaitVM : MachineJobCmdlet
{
    /// <summary>What to wait for. Hyper-V's default, Heartbeat, is not supported; so it has to be given.</summary>
    [Parameter]
    public WaitVMTypes For { get; set; } = WaitVMTypes.Heartbeat;

    /// <summary>Not supported: seconds between two looks; the command is told when the state changes.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    [Unsupported("the command does not poll, it is told when the state changes.")]
    public ushort Delay { get; set; }

    /// <summary>Seconds to wait; -1 for no limit.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    [Alias("TimeoutSec")]
    public int Timeout { get; set; } = -1;

    /// <inheritdoc/>
    private protected override bool IsConfirmed(VirtualMachine machine) => true;

    /// <inheritdoc/>
    private protected override void Work(VirtualMachine machine)
    {
        if (For != WaitVMTypes.Off)
        {
            throw ApiException.NotSupported(
                $"Wait-VM -For {For} is not supported: '{machine.Name}' has no integration services that could tell. Wait with -For Off until it is off, or for "
                + "what the guest prints with Wait-VMConsoleText.");
        }

        TimeSpan? limit = Timeout < 0 ? null : TimeSpan.FromSeconds(Timeout);
        MachineInfo info = MachineWait.ForState(Client, machine.Id, MachineState.Off, limit, Cancellation);
        machine.Update(info);
        if (info.State != MachineState.Off)
        {
            throw new ApiException(
                ApiErrorCode.OperationTimeout, ApiErrorCategory.OperationTimeout, $"'{machine.Name}' was not off within {Timeout} seconds; it is {info.State}.");
        }
    }
}
