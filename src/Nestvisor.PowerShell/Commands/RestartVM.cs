using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Restart-VM: resets virtual machines, as if their reset button were pressed.</summary>
/// <remarks>The guest is not asked and loses what it has not written. The command asks unless -Force is given.</remarks>
/// <example>
/// Resets L1 without asking.
/// <code>Restart-VM L1 -Force</code>
/// </example>
[Cmdlet(VerbsLifecycle.Restart, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class RestartVM : MachineOperationCmdlet
{
    private const string NameWaitSet = "NameWait";
    private const string ObjectWaitSet = "VMObjectWait";
    private const string NoWait =
        "there are no integration services that could tell that the guest is up. Restart without -Wait, then wait for what it prints with Wait-VMConsoleText.";

    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>How a virtual machine is restarted.</summary>
    public enum RestartType
    {
        /// <summary>By a reset.</summary>
        Reset = 0,

        /// <summary>By the guest itself.</summary>
        Reboot = 1,
    }

    /// <summary>What a restart can wait for.</summary>
    public enum WaitVMTypes
    {
        /// <summary>The integration services' heartbeat.</summary>
        Heartbeat = 0,

        /// <summary>An IP address.</summary>
        IPAddress = 1,
    }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = NameWaitSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public override CimSession[]? CimSession { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = NameWaitSet)]
    [ValidateNotNullOrEmpty]
    public override string[]? ComputerName { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = NameWaitSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public override PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = NameWaitSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public override string[]? Name { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ObjectWaitSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public override VirtualMachine[]? VM { get; set; }

    /// <summary>Not supported: waits until the guest is up.</summary>
    [Parameter(ParameterSetName = NameWaitSet, Mandatory = true)]
    [Parameter(ParameterSetName = ObjectWaitSet, Mandatory = true)]
    [Unsupported(NoWait, Except = false)]
    public SwitchParameter Wait { get; set; }

    /// <summary>Not supported: what to wait for.</summary>
    [Parameter(ParameterSetName = NameWaitSet)]
    [Parameter(ParameterSetName = ObjectWaitSet)]
    [Unsupported(NoWait)]
    public WaitVMTypes For { get; set; }

    /// <summary>Not supported: seconds between two looks.</summary>
    [Parameter(ParameterSetName = NameWaitSet)]
    [Parameter(ParameterSetName = ObjectWaitSet)]
    [ValidateRange(1, 65535)]
    [Unsupported(NoWait)]
    public ushort Delay { get; set; }

    /// <summary>Not supported: seconds to wait.</summary>
    [Parameter(ParameterSetName = NameWaitSet)]
    [Parameter(ParameterSetName = ObjectWaitSet)]
    [ValidateRange(-1, int.MaxValue)]
    [Alias("TimeoutSec")]
    [Unsupported(NoWait)]
    public int? Timeout { get; set; }

    /// <inheritdoc cref="RemoveVM.Force"/>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Reset; a restart by the guest is not supported.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = NameWaitSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = ObjectWaitSet)]
    [Unsupported("only a reset is supported.", Except = RestartType.Reset)]
    public RestartType Type { get; set; }

    /// <inheritdoc/>
    private protected override string Verb => "restart";

    /// <inheritdoc/>
    private protected override bool AsksUnlessForced => true;

    /// <inheritdoc/>
    private protected override bool MayProceed(VirtualMachine machine) =>
        Force || ShouldContinue(
            $"Are you sure you want to restart the virtual machine \"{machine.Name}\"? Unsaved data in it will be lost.", "Confirm", ref _yesToAll, ref _noToAll);

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine) => Operate(machine, MachineOperation.Reset);
}
