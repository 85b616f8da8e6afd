using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Disconnect-VMNetworkAdapter: connects network adapters to no switch, in any state of their virtual machines.</summary>
/// <remarks>A running guest sees that the cable has been pulled.</remarks>
/// <example>
/// Disconnects all adapters of L1.
/// <code>Disconnect-VMNetworkAdapter -VMName L1</code>
/// </example>
[Cmdlet(VerbsCommunications.Disconnect, "VMNetworkAdapter", DefaultParameterSetName = AdapterNameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapter))]
public sealed class DisconnectVMNetworkAdapter : AdapterCmdlet
{
    private const string AdapterNameSet = "Name";
    private const string AdapterObjectSet = "Obj";

    /// <summary>Network adapters.</summary>
    [Parameter(ParameterSetName = AdapterObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public VMNetworkAdapter[]? VMNetworkAdapter { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = AdapterNameSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Names of adapters; wildcards work.</summary>
    [Parameter(ParameterSetName = AdapterNameSet, Position = 1)]
    [Alias("VMNetworkAdapterName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = AdapterNameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = AdapterNameSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = AdapterNameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

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
        if (Confirmed("disconnect", adapter))
        {
            Change(adapter, new ChangeAdapterRequest { Disconnect = true });
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }
}
