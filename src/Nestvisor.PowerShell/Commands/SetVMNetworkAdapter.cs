using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMNetworkAdapter: changes network adapters of virtual machines and of this host.</summary>
/// <remarks>
/// With -MacAddressSpoofing On the port lets frames leave with any source address and brings in whatever the switch has for the port: what virtual machines in the virtual
/// machine need to reach an external switch. It and the other rules of the port act at once, while the machine runs. The MAC address changes only
/// while the machine is off. Of this host's adapters the limit of bandwidth can be set, and of those beside the first one of a switch the address, which is given with
/// an object, and -MacAddressSpoofing.
/// </remarks>
/// <example>
/// Lets the virtual machines in L1 use its network.
/// <code>Get-VMNetworkAdapter -VMName L1 | Set-VMNetworkAdapter -MacAddressSpoofing On</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class SetVMNetworkAdapter : ComputerAdapterCmdlet
{
    private const string NoIov = "guests do not get parts of physical adapters.";
    private const string NoQueues = "the host's kernel gives received frames to its processors.";
    private const string NoPacketDirect = "there is no packet direct.";
    private const string NoPromise = "bandwidth is limited, with -MaximumBandwidth, but none is promised.";
    private const string NoReplica = "virtual machines are not replicated.";

    /// <summary>This host's adapters at virtual switches.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the virtual machine; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string? VMName { get; set; }

    /// <summary>A network adapter.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public VMNetworkAdapterBase? VMNetworkAdapter { get; set; }

    /// <summary>A virtual machine.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine? VM { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [Alias("VMNetworkAdapterName")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>The host gives the MAC address at the next start.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = AdapterSet)]
    public SwitchParameter DynamicMacAddress { get; set; }

    /// <summary>MAC address, 12 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = AdapterSet)]
    [ValidateNotNullOrEmpty]
    public string? StaticMacAddress { get; set; }

    /// <summary>On: frames may leave with any source address, and what the switch has for the port comes in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateNotNull]
    public OnOffState? MacAddressSpoofing { get; set; }

    /// <summary>On: answers of DHCP servers do not leave.</summary>
    [Parameter]
    [ValidateNotNull]
    public OnOffState? DhcpGuard { get; set; }

    /// <summary>On: advertisements and redirections of routers do not leave.</summary>
    [Parameter]
    [ValidateNotNull]
    public OnOffState? RouterGuard { get; set; }

    /// <summary>Bits a second that may leave on average; 0 for no limit.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MaximumBandwidth { get; set; }

    /// <summary>Not supported: the kind of the medium.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("guests see virtio adapters.")]
    public uint MediaType { get; set; }

    /// <summary>Not supported: placing memory near the adapter.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the host places memory without regard to adapters.", Except = false)]
    public bool? NumaAwarePlacement { get; set; }

    /// <summary>Not supported: holding interrupts together.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the guest's driver decides that.")]
    public bool? InterruptModeration { get; set; }

    /// <summary>Not supported: copies of frames for other ports.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("frames are not copied to other ports.", Except = VMNetworkAdapterPortMirroringMode.None)]
    public VMNetworkAdapterPortMirroringMode? PortMirroring { get; set; }

    /// <summary>Not supported: tags that only give a priority.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("such tags are passed on as they are.", Except = OnOffState.Off)]
    public OnOffState? IeeePriorityTag { get; set; }

    /// <summary>Not supported: queues of physical adapters.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public uint? VmqWeight { get; set; }

    /// <summary>Not supported: parts of physical adapters.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoIov)]
    public uint? IovQueuePairsRequested { get; set; }

    /// <summary>Not supported: parts of physical adapters.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoIov, Except = IovInterruptModerationValue.Default)]
    public IovInterruptModerationValue? IovInterruptModeration { get; set; }

    /// <summary>Not supported: parts of physical adapters.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoIov, Except = 0)]
    public uint? IovWeight { get; set; }

    /// <summary>Not supported: IPsec in the adapter.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there is no IPsec in the adapter.", Except = 0)]
    public uint? IPsecOffloadMaximumSecurityAssociation { get; set; }

    /// <summary>Not supported: bandwidth that is promised.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPromise, Except = 0)]
    public long? MinimumBandwidthAbsolute { get; set; }

    /// <summary>Not supported: bandwidth that is promised.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPromise, Except = 0)]
    public uint? MinimumBandwidthWeight { get; set; }

    /// <summary>Not supported: features that a switch must have.</summary>
    [Parameter]
    [Unsupported("switches have no extensions.")]
    public string[]? MandatoryFeatureId { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>Not supported: a pool for tests of a replica.</summary>
    [Parameter]
    [Unsupported(NoReplica)]
    public string? TestReplicaPoolName { get; set; }

    /// <summary>Not supported: a switch for tests of a replica.</summary>
    [Parameter]
    [Unsupported(NoReplica)]
    public string? TestReplicaSwitchName { get; set; }

    /// <summary>Not supported: virtual subnets.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there are no virtual subnets.", Except = 0)]
    public uint? VirtualSubnetId { get; set; }

    /// <summary>Not supported: teams made by the guest.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateNotNull]
    [Unsupported("a port has one address unless -MacAddressSpoofing is On, which lets a guest's team work.", Except = OnOffState.Off)]
    public OnOffState? AllowTeaming { get; set; }

    /// <summary>Not supported: watching by a cluster.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there is no cluster.", Except = true)]
    public bool? NotMonitoredInCluster { get; set; }

    /// <summary>Not supported: a limit of frames to all.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("frames to all are not limited.", Except = 0)]
    public uint? StormLimit { get; set; }

    /// <summary>Not supported: a limit of learned addresses.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("16 addresses are remembered, and they decide nothing.", Except = 0)]
    public uint? DynamicIPAddressLimit { get; set; }

    /// <summary>Not supported: the adapter's name in the guest.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the guest is not told the adapter's name.", Except = OnOffState.Off)]
    public OnOffState? DeviceNaming { get; set; }

    /// <summary>Not supported: a fixed speed.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the adapter tells no speed.", Except = OnOffState.Off)]
    public OnOffState? FixSpeed10G { get; set; }

    /// <summary>Not supported: packet direct.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPacketDirect, Except = 0)]
    public uint? PacketDirectNumProcs { get; set; }

    /// <summary>Not supported: packet direct.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPacketDirect, Except = 0)]
    public uint? PacketDirectModerationCount { get; set; }

    /// <summary>Not supported: packet direct.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPacketDirect, Except = 0)]
    public uint? PacketDirectModerationInterval { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public bool? VrssEnabled { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public bool? VmmqEnabled { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [Alias("VmmqQueuePairs")]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public uint? VrssMaxQueuePairs { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public uint? VrssMinQueuePairs { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public VrssQueueSchedulingModeType? VrssQueueSchedulingMode { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues, Except = false)]
    public bool? VrssExcludePrimaryProcessor { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public bool? VrssIndependentHostSpreading { get; set; }

    /// <summary>Not supported: receive queues of the host.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoQueues)]
    public VrssVmbusChannelAffinityPolicyType? VrssVmbusChannelAffinityPolicy { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName is null ? null : [VMName];

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM is null ? null : [VM];

    /// <inheritdoc/>
    private protected override IEnumerable<VMNetworkAdapterBase>? GivenAdapters => VMNetworkAdapter is null ? null : [VMNetworkAdapter];

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name is null ? null : [Name];

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter)
    {
        RequireOneAddress();
        if (!Confirmed("change", adapter))
        {
            return;
        }

        PortSettings port = With(adapter.Configuration.Port);
        Change(adapter, new ChangeAdapterRequest
        {
            MacAddress = StaticMacAddress,
            UseDynamicMacAddress = DynamicMacAddress,
            Port = port,
        });
        if (Passthru)
        {
            WriteObject(adapter);
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter)
    {
        RequireOneAddress();
        if (Confirmed("change", adapter))
        {
            Change(adapter, new ChangeHostPortRequest { MacAddress = StaticMacAddress, UseDynamicMacAddress = DynamicMacAddress, Port = With(adapter.Settings) });
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }

    private void RequireOneAddress()
    {
        if (DynamicMacAddress && StaticMacAddress is not null)
        {
            throw ApiException.InvalidArgument("-DynamicMacAddress and -StaticMacAddress cannot be used together. Give one of them.");
        }
    }

    private PortSettings With(PortSettings old) => old with
    {
        MacAddressSpoofing = IsOn(MacAddressSpoofing, old.MacAddressSpoofing),
        DhcpGuard = IsOn(DhcpGuard, old.DhcpGuard),
        RouterGuard = IsOn(RouterGuard, old.RouterGuard),
        MaximumBandwidth = MaximumBandwidth ?? old.MaximumBandwidth,
    };

    private static bool IsOn(OnOffState? given, bool otherwise) => given is { } state ? state == OnOffState.On : otherwise;
}
