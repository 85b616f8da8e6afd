using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMSwitch: changes virtual switches.</summary>
/// <remarks>
/// A switch changes its type while virtual machines are connected to it. With an interface it becomes external; an interface that it is freed of
/// gets its addresses and routes back. The Default Switch cannot be changed.
/// </remarks>
/// <example>
/// Takes this host's port off a switch and gives it a note.
/// <code>Set-VMSwitch VmNAT -SwitchType Private -Notes 'Without the host'</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMSwitch", DefaultParameterSetName = NameTypeSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VMSwitch))]
public sealed class SetVMSwitch : SwitchCmdlet
{
    private const string NameTypeSet = "SwitchName_SwitchType";
    private const string NameAdapterSet = "SwitchName_NetAdapterName";
    private const string NameDescriptionSet = "SwitchName_NetAdapterInterfaceDescription";
    private const string ObjectTypeSet = "SwitchObject_SwitchType";
    private const string ObjectAdapterSet = "SwitchObject_NetAdapterName";
    private const string ObjectDescriptionSet = "SwitchObject_NetAdapterInterfaceDescription";

    /// <summary>Names of switches; wildcards work.</summary>
    [Parameter(ParameterSetName = NameTypeSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = NameAdapterSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = NameDescriptionSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SwitchNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Switches.</summary>
    [Parameter(ParameterSetName = ObjectTypeSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ObjectAdapterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ObjectDescriptionSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMSwitch[]? VMSwitch { get; set; }

    /// <summary>Name of the interface of this host to bind.</summary>
    [Parameter(ParameterSetName = NameAdapterSet, Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ObjectAdapterSet, Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("InterfaceAlias")]
    public string? NetAdapterName { get; set; }

    /// <summary>Name of the interface of this host to bind; Linux has no other description of one.</summary>
    [Parameter(ParameterSetName = NameDescriptionSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = ObjectDescriptionSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? NetAdapterInterfaceDescription { get; set; }

    /// <summary>New type.</summary>
    [Parameter(ParameterSetName = NameTypeSet)]
    [Parameter(ParameterSetName = ObjectTypeSet)]
    public VMSwitchType? SwitchType { get; set; }

    /// <summary>Whether this host has a port on it.</summary>
    [Parameter]
    public bool? AllowManagementOS { get; set; }

    /// <summary>Notes.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Notes { get; set; }

    /// <summary>Writes the switches.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>0; bandwidth is not reserved.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoBandwidth, Except = 0)]
    public long? DefaultFlowMinimumBandwidthAbsolute { get; set; }

    /// <summary>0; bandwidth is not reserved.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoBandwidth, Except = 0)]
    public long? DefaultFlowMinimumBandwidthWeight { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [Unsupported(NoQueues)]
    public bool? DefaultQueueVmmqEnabled { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [Unsupported(NoQueues)]
    public bool? DefaultQueueVrssEnabled { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [Unsupported(NoQueues)]
    public bool? DefaultQueueVrssExcludePrimaryProcessor { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("DefaultQueueVmmqQueuePairs")]
    [Unsupported(NoQueues)]
    public uint? DefaultQueueVrssMaxQueuePairs { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public uint? DefaultQueueVrssMinQueuePairs { get; set; }

    /// <summary>Not supported: queues of the interface.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public VrssQueueSchedulingModeType? DefaultQueueVrssQueueSchedulingMode { get; set; }

    /// <summary>Not supported: joining of received frames.</summary>
    [Parameter]
    [Unsupported("the kernel joins received frames as the host's network adapters are set; see ethtool(8).")]
    public bool? EnableSoftwareRsc { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameTypeSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = NameAdapterSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = NameDescriptionSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ObjectTypeSet)]
    [Parameter(ParameterSetName = ObjectAdapterSet)]
    [Parameter(ParameterSetName = ObjectDescriptionSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameTypeSet)]
    [Parameter(ParameterSetName = NameAdapterSet)]
    [Parameter(ParameterSetName = NameDescriptionSet)]
    [Parameter(ParameterSetName = ObjectTypeSet)]
    [Parameter(ParameterSetName = ObjectAdapterSet)]
    [Parameter(ParameterSetName = ObjectDescriptionSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSComputerName")]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameTypeSet)]
    [Parameter(ParameterSetName = NameAdapterSet)]
    [Parameter(ParameterSetName = NameDescriptionSet)]
    [Parameter(ParameterSetName = ObjectTypeSet)]
    [Parameter(ParameterSetName = ObjectAdapterSet)]
    [Parameter(ParameterSetName = ObjectDescriptionSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        ChangeSwitchRequest request = new()
        {
            Uplink = NetAdapterName ?? NetAdapterInterfaceDescription,
            Type = SwitchType is { } type ? Convert.ToSwitchType(type) : null,
            AllowManagementOS = AllowManagementOS,
            Notes = Notes,
        };
        foreach (VMSwitch target in VMSwitch ?? (IEnumerable<VMSwitch>)FindSwitches(Name!))
        {
            // One switch's failure does not keep the command from the others.
            Guarded(() => Change(target, request));
        }
    }

    private void Change(VMSwitch target, ChangeSwitchRequest request)
    {
        if (Confirmed("configure", target.Name))
        {
            SwitchInfo changed = Await(Client.ChangeSwitchAsync(target.Id, request, Cancellation));
            target.Update(changed);
            WarnOf(changed);
            if (Passthru)
            {
                WriteObject(target);
            }
        }
    }
}
