using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Add-VMNetworkAdapter: adds a network adapter to virtual machines.</summary>
/// <remarks>
/// The machines must be off. Without -StaticMacAddress the host gives the adapter an address at the machine's next start, which it keeps.
/// </remarks>
/// <example>
/// Adds an adapter that is connected to nothing.
/// <code>Add-VMNetworkAdapter -VMName L1 -Name Second</code>
/// </example>
[Cmdlet(VerbsCommon.Add, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapter), typeof(VMInternalNetworkAdapter))]
public sealed class AddVMNetworkAdapter : MachineCmdlet
{
    private const string NameSet = "VMName";
    private const string ObjectSet = "VMObject";
    private const string HostSet = "ManagementOS";

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Not supported: another port of this host on a switch.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [Unsupported(AdapterCmdlet.NoHostPorts, Except = false)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the switch to connect it to; to none if not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SwitchName { get; set; }

    /// <summary>False; adapters of the old kind are not supported.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [Unsupported("guests see virtio adapters.", Except = false)]
    public bool IsLegacy { get; set; }

    /// <summary>Name; "Network Adapter" if not given.</summary>
    [Parameter]
    [Alias("VMNetworkAdapterName")]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The host gives the MAC address, as it does if nothing is said.</summary>
    [Parameter]
    public SwitchParameter DynamicMacAddress { get; set; }

    /// <summary>False; the host places memory without regard to adapters.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the host places memory without regard to adapters.", Except = false)]
    public bool NumaAwarePlacement { get; set; }

    /// <summary>MAC address, 12 hexadecimal digits.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StaticMacAddress { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNull]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    /// <summary>Off; the guest is not told the adapter's name.</summary>
    [Parameter]
    [Unsupported("the guest is not told the adapter's name.", Except = OnOffState.Off)]
    public OnOffState DeviceNaming { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (ParameterSetName == HostSet)
        {
            throw ApiException.NotSupported($"Add-VMNetworkAdapter without a virtual machine is not supported: {AdapterCmdlet.NoHostPorts}");
        }

        if (DynamicMacAddress && StaticMacAddress is not null)
        {
            throw ApiException.InvalidArgument("-DynamicMacAddress and -StaticMacAddress cannot be used together. Give one of them.");
        }

        base.Process();
    }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        AddAdapterRequest request = new()
        {
            Name = Name,
            SwitchId = SwitchName is null ? null : SwitchFinder.Find(Await(Client.GetSwitchesAsync(Cancellation)), SwitchName).Id,
            MacAddress = StaticMacAddress,
        };
        if (!Confirmed("add a network adapter to", machine))
        {
            return;
        }

        HashSet<Guid> before = [.. machine.NetworkAdapters.Select(adapter => adapter.AdapterGuid)];
        Session.Touch();
        machine.Update(Await(Client.AddAdapterAsync(machine.Id, request, Cancellation)));
        if (Passthru)
        {
            WriteObject(machine.NetworkAdapters.Where(adapter => !before.Contains(adapter.AdapterGuid)), enumerateCollection: true);
        }
    }
}
