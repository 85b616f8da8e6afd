using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMNetworkAdapterVlan: sets the VLANs of network adapters of virtual machines, in any state, and of this host.</summary>
/// <remarks>
/// With -Access and -VlanId it puts an adapter into one VLAN, whose tag the guest does not see. -Trunk with -AllowedVlanIdList lets frames of several VLANs
/// pass with their tags. -Untagged is neither. The tags are put on and taken off in the adapter's port, so that any kernel's bridge serves. An
/// adapter of this host that is not the first of its switch can be in one VLAN, where the kernel has the module 8021q; addresses that commands have given it stay.
/// </remarks>
/// <example>
/// Puts the adapters of L1 into VLAN 10.
/// <code>Set-VMNetworkAdapterVlan -VMName L1 -Access -VlanId 10</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMNetworkAdapterVlan", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterVlanSetting))]
public sealed class SetVMNetworkAdapterVlan : AdaptersCmdlet
{
    private const string NoPrivateVlans = "private VLANs are not supported.";

    /// <summary>This host's adapters at virtual switches.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [SupportsWildcards]
    public string? VMNetworkAdapterName { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Only frames without a tag pass.</summary>
    [Parameter]
    [Alias("u")]
    public SwitchParameter Untagged { get; set; }

    /// <summary>The adapter is in one VLAN, that of -VlanId.</summary>
    [Parameter]
    [Alias("a")]
    public SwitchParameter Access { get; set; }

    /// <summary>The VLAN of -Access, 1 to 4094.</summary>
    [Parameter]
    [Alias("AccessVlanId")]
    [ValidateNotNull]
    public int? VlanId { get; set; }

    /// <summary>Frames of several VLANs pass with their tags, those of -AllowedVlanIdList.</summary>
    [Parameter]
    [Alias("t")]
    public SwitchParameter Trunk { get; set; }

    /// <summary>The VLAN of frames without a tag at a trunk port, 1 to 4094; 0 for none.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? NativeVlanId { get; set; }

    /// <summary>VLANs whose frames pass a trunk port, such as "1-100,200".</summary>
    [Parameter]
    public string? AllowedVlanIdList { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [Alias("i")]
    [Unsupported(NoPrivateVlans, Except = false)]
    public SwitchParameter Isolated { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [Alias("c")]
    [Unsupported(NoPrivateVlans, Except = false)]
    public SwitchParameter Community { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [Alias("p")]
    [Unsupported(NoPrivateVlans, Except = false)]
    public SwitchParameter Promiscuous { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPrivateVlans)]
    public int? PrimaryVlanId { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoPrivateVlans)]
    public int? SecondaryVlanId { get; set; }

    /// <summary>Not supported: private VLANs.</summary>
    [Parameter]
    [Unsupported(NoPrivateVlans)]
    public string? SecondaryVlanIdList { get; set; }

    /// <summary>Writes the setting.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => VMNetworkAdapterName is null ? null : [VMNetworkAdapterName];

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter)
    {
        (int vlan, List<int>? trunk) = ReadSetting();
        if (Confirmed("set the VLANs of", adapter))
        {
            Change(adapter, new ChangeAdapterRequest { Port = adapter.Configuration.Port with { Vlan = vlan, TrunkVlans = trunk } });
            if (Passthru)
            {
                WriteObject(adapter.VlanSetting);
            }
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter)
    {
        (int vlan, List<int>? trunk) = ReadSetting();
        if (Confirmed("set the VLANs of", adapter))
        {
            Change(adapter, new ChangeHostPortRequest { Port = adapter.Settings with { Vlan = vlan, TrunkVlans = trunk } });
            if (Passthru)
            {
                WriteObject(adapter.VlanSetting);
            }
        }
    }

    private (int Vlan, List<int>? Trunk) ReadSetting()
    {
        if ((Untagged ? 1 : 0) + (Access ? 1 : 0) + (Trunk ? 1 : 0) != 1)
        {
            throw ApiException.InvalidArgument("Say how the adapter treats VLANs with one of -Untagged, -Access and -Trunk.");
        }

        if (Access ? VlanId is null : VlanId is not null)
        {
            throw ApiException.InvalidArgument(Access ? "-Access needs the VLAN: -VlanId with 1 to 4094." : "-VlanId belongs to -Access.");
        }

        if (Trunk ? AllowedVlanIdList is null || NativeVlanId is null : AllowedVlanIdList is not null || NativeVlanId is not null)
        {
            throw ApiException.InvalidArgument(Trunk
                ? "-Trunk needs -AllowedVlanIdList, such as 1-100,200, and -NativeVlanId, which is 0 if frames without a tag are in no VLAN."
                : "-AllowedVlanIdList and -NativeVlanId belong to -Trunk.");
        }

        return Access && VlanId == 0
            ? throw ApiException.InvalidArgument("-VlanId cannot be 0. Use -Untagged for an adapter that is in no VLAN.")
            : (VlanId ?? NativeVlanId ?? 0, Trunk ? VlanRanges.Read(AllowedVlanIdList!) : null);
    }
}
