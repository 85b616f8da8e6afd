using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Add-VMNetworkAdapter: adds a network adapter to virtual machines or to this host.</summary>
/// <remarks>
/// The machines must be off. Without -StaticMacAddress the host gives the adapter an address at the machine's next start, which it keeps. With -ManagementOS
/// this host gets a further adapter at a switch, the interface vEthernet (name), which stays when the host is started anew.
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

    /// <summary>This host gets the adapter.</summary>
    [Parameter(ParameterSetName = HostSet)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the switch to connect it to; to none if not given. This host's adapter needs one if there are several beside the Default Switch.</summary>
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
        if (DynamicMacAddress && StaticMacAddress is not null)
        {
            throw ApiException.InvalidArgument("-DynamicMacAddress and -StaticMacAddress cannot be used together. Give one of them.");
        }

        if (ParameterSetName == HostSet)
        {
            AddToHost();
        }
        else
        {
            base.Process();
        }
    }

    private void AddToHost()
    {
        if (!ManagementOS)
        {
            throw ApiException.InvalidArgument("Say who gets the network adapter: -VMName with a virtual machine, or -ManagementOS for this host.");
        }

        IReadOnlyList<SwitchInfo> switches = Await(Client.GetSwitchesAsync(Cancellation));
        SwitchInfo target = SwitchName is not null
            ? SwitchFinder.Find(switches, SwitchName)
            : switches.Where(each => !each.IsDefault).ToList() is [var only]
                ? only
                : throw ApiException.InvalidArgument("Name the virtual switch of the network adapter with -SwitchName. Get-VMSwitch lists those there are.");
        string description = $"Add-VMNetworkAdapter will add a network adapter of this host to the virtual switch \"{target.Name}\".";
        if (!ShouldProcess(description, $"{description}\nAre you sure you want to continue?", "Confirm"))
        {
            return;
        }

        SwitchInfo changed = Await(Client.AddHostPortAsync(target.Id, new AddHostPortRequest { Name = Name, MacAddress = StaticMacAddress }, Cancellation));
        if (Passthru)
        {
            WriteObject(new VMInternalNetworkAdapter(Client, changed, changed.HostPorts[^1]));
        }
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
