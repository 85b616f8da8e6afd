using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Connect-VMNetworkAdapter: connects network adapters to a virtual switch, in any state of their virtual machines.</summary>
/// <remarks>A running guest sees that the cable is plugged in.</remarks>
/// <example>
/// Connects L1 to the switch that is there from the beginning.
/// <code>Connect-VMNetworkAdapter -VMName L1 -SwitchName 'Default Switch'</code>
/// </example>
[Cmdlet(VerbsCommunications.Connect, "VMNetworkAdapter", DefaultParameterSetName = NameAndSwitchNameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapter))]
public sealed class ConnectVMNetworkAdapter : AdapterCmdlet
{
    private const string NameAndSwitchNameSet = "Name_SwitchName";
    private const string NameAndSwitchSet = "Name_SwitchObject";
    private const string NameAutomaticSet = "Name_UseAutomaticConnection";
    private const string AdapterAndSwitchNameSet = "Object_SwitchName";
    private const string AdapterAndSwitchSet = "Object_SwitchObject";
    private const string AdapterAutomaticSet = "Object_UseAutomaticConnection";

    /// <summary>Network adapters.</summary>
    [Parameter(ParameterSetName = AdapterAndSwitchNameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = AdapterAndSwitchSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = AdapterAutomaticSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public VMNetworkAdapter[]? VMNetworkAdapter { get; set; }

    /// <summary>Names of adapters; wildcards work; all if not given.</summary>
    [Parameter(ParameterSetName = NameAndSwitchSet, Position = 1)]
    [Parameter(ParameterSetName = NameAndSwitchNameSet, Position = 1)]
    [Parameter(ParameterSetName = NameAutomaticSet, Position = 1)]
    [Alias("VMNetworkAdapterName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Name of the switch.</summary>
    [Parameter(ParameterSetName = AdapterAndSwitchNameSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = NameAndSwitchNameSet, Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string? SwitchName { get; set; }

    /// <summary>The switch.</summary>
    [Parameter(ParameterSetName = NameAndSwitchSet, Mandatory = true, Position = 2, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = AdapterAndSwitchSet, Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNull]
    public VMSwitch? VMSwitch { get; set; }

    /// <summary>Not supported: a switch that is chosen from a resource pool.</summary>
    [Parameter(ParameterSetName = AdapterAutomaticSet, Mandatory = true)]
    [Parameter(ParameterSetName = NameAutomaticSet, Mandatory = true)]
    [Unsupported("there are no resource pools. Name the switch with -SwitchName.")]
    public SwitchParameter UseAutomaticConnection { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameAndSwitchNameSet)]
    [Parameter(ParameterSetName = NameAutomaticSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameAndSwitchNameSet)]
    [Parameter(ParameterSetName = NameAutomaticSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameAutomaticSet)]
    [Parameter(ParameterSetName = NameAndSwitchNameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameAndSwitchSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = NameAndSwitchNameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = NameAutomaticSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => null;

    /// <inheritdoc/>
    private protected override IEnumerable<VMNetworkAdapterBase>? GivenAdapters => VMNetworkAdapter;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name;

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter)
    {
        Guid target = VMSwitch?.Id ?? SwitchFinder.Find(Await(Client.GetSwitchesAsync(Cancellation)), SwitchName!).Id;
        if (Confirmed("connect", adapter))
        {
            Change(adapter, new ChangeAdapterRequest { SwitchId = target });
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }
}
