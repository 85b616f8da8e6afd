using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMNetworkAdapter: gets the network adapters of virtual machines and of this host.</summary>
/// <remarks>
/// IPAddresses are those that the guest itself has said are the adapter's, in ARP and neighbour discovery; no program in the guest is needed.
/// Counters shows packets, bytes, and what was dropped and why.
/// </remarks>
/// <example>
/// Shows the adapters of L1.
/// <code>Get-VMNetworkAdapter -VMName L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMNetworkAdapter", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class GetVMNetworkAdapter : AdapterCmdlet
{
    private const string AllSet = "All";

    /// <summary>Whether to get adapters of the old kind, of which there are none.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    public bool IsLegacy { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = AllSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = AllSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = AllSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(Position = 1)]
    [Alias("VMNetworkAdapterName")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>Gets the adapters of all virtual machines and of this host.</summary>
    [Parameter(ParameterSetName = AllSet, Mandatory = true)]
    public SwitchParameter All { get; set; }

    /// <summary>Gets this host's adapters at virtual switches.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the switch at which this host's adapters are.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? SwitchName { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName ?? ["*"];

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;

    /// <inheritdoc/>
    private protected override string? HostSwitchName => SwitchName;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name is null ? null : [Name];

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ParameterSetName == AllSet)
        {
            // A name that only virtual machines have is no error.
            WriteObject(FindHostAdapters(), enumerateCollection: true);
        }

        if (!IsLegacy)
        {
            base.Process();
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter) => WriteObject(adapter);

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter) => WriteObject(adapter);
}
