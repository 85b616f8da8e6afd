using System.Management.Automation;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>New-VMSwitch: creates a virtual switch.</summary>
/// <remarks>
/// A switch is a bridge of the kernel. With -NetAdapterName it is external and takes that interface of this host, such as eth0: the
/// interface's addresses and routes move to the host's port on the switch, and come back when the switch is removed. That needs root; a user who is
/// not root has the other switches in a network namespace of the user's own.
/// </remarks>
/// <example>
/// Creates a switch for virtual machines and this host.
/// <code>New-VMSwitch -Name VmNAT -SwitchType Internal</code>
/// </example>
[Cmdlet(VerbsCommon.New, "VMSwitch", DefaultParameterSetName = AdapterSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VMSwitch))]
public sealed class NewVMSwitch : SwitchCmdlet
{
    private const string AdapterSet = "NetAdapterName";
    private const string DescriptionSet = "NetAdapterInterfaceDescription";
    private const string TypeSet = "SwitchType";

    /// <summary>Name; no other switch may have it in any case.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    public string Name { get; set; } = "";

    /// <summary>Identifier; a new one if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchId")]
    public string? Id { get; set; }

    /// <summary>Whom it connects: Internal or Private. With an interface it is external.</summary>
    [Parameter(ParameterSetName = TypeSet, Mandatory = true)]
    [ValidateSet("Internal", "Private")]
    public VMSwitchType SwitchType { get; set; }

    /// <summary>Name of the interface of this host to bind, such as eth0.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("InterfaceAlias")]
    public string[]? NetAdapterName { get; set; }

    /// <summary>Name of the interface of this host to bind; Linux has no other description of one.</summary>
    [Parameter(ParameterSetName = DescriptionSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("InterfaceDescription")]
    public string[]? NetAdapterInterfaceDescription { get; set; }

    /// <summary>Whether this host keeps the interface's addresses, on a port of the switch; true if not given.</summary>
    [Parameter(ParameterSetName = AdapterSet)]
    [Parameter(ParameterSetName = DescriptionSet)]
    public bool AllowManagementOS { get; set; } = true;

    /// <summary>Notes.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Notes { get; set; }

    /// <summary>None or Default; bandwidth is not shared out.</summary>
    [Parameter]
    [Unsupported(NoBandwidth, Except = VMSwitchBandwidthMode.None)]
    public VMSwitchBandwidthMode MinimumBandwidthMode { get; set; }

    /// <summary>False; several interfaces are not supported.</summary>
    [Parameter]
    [Unsupported(NoTeams, Except = false)]
    public bool? EnableEmbeddedTeaming { get; set; }

    /// <summary>False; parts of network adapters are not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("virtual machines do not get parts of network adapters.", Except = false)]
    public bool? EnableIov { get; set; }

    /// <summary>False; the kernel's bridge carries all frames.</summary>
    [Parameter]
    [Unsupported("the kernel's bridge carries all frames.", Except = false)]
    public bool? EnablePacketDirect { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = AdapterSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = DescriptionSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TypeSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = AdapterSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = DescriptionSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TypeSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSComputerName")]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = AdapterSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = DescriptionSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = TypeSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        string? uplink = OnlyOne(NetAdapterName, nameof(NetAdapterName)) ?? OnlyOne(NetAdapterInterfaceDescription, nameof(NetAdapterInterfaceDescription));
        CreateSwitchRequest request = new()
        {
            Name = Name,
            Id = Id is null ? null : Guid.TryParse(Id, out Guid id) ? id : throw ApiException.InvalidArgument($"'{Id}' is not an identifier."),
            Type = uplink is not null ? Convert.ToSwitchType(VMSwitchType.External) : Convert.ToSwitchType(SwitchType),
            Uplink = uplink,
            AllowManagementOS = uplink is null ? null : AllowManagementOS,
            Notes = Notes ?? "",
        };
        if (Confirmed("create", Name))
        {
            SwitchInfo made = Await(Client.CreateSwitchAsync(request, Cancellation));
            WarnOf(made);
            WriteObject(new VMSwitch(made));
        }
    }
}
