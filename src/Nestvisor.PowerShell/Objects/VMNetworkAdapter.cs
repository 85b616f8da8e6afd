using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;
using Nestvisor.Api.Worker;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A network adapter of a virtual machine. As the machine, it tells how it is when its properties are read.</summary>
public sealed class VMNetworkAdapter : VMNetworkAdapterBase
{
    private const string NoAddress = "000000000000";

    private NetworkAdapterConfiguration _last;

    internal VMNetworkAdapter(VirtualMachine machine, NetworkAdapterConfiguration adapter)
    {
        Machine = machine;
        _last = adapter;
    }

    /// <inheritdoc/>
    public override string Name => Configuration.Name;

    /// <inheritdoc/>
    public override string Id => $"Microsoft:{VMId.ToString("D").ToUpperInvariant()}\\{AdapterGuid.ToString("D").ToUpperInvariant()}";

    /// <inheritdoc/>
    public override string MacAddress => Configuration.MacAddress ?? NoAddress;

    /// <summary>Whether the host gives the MAC address.</summary>
    public bool DynamicMacAddressEnabled => !Configuration.HasStaticMacAddress;

    /// <inheritdoc/>
    public override string SwitchName => SwitchId is { } id ? Machine.Session.FindSwitch(id)?.Name ?? "" : "";

    /// <inheritdoc/>
    public override Guid? SwitchId => Configuration.SwitchId;

    /// <summary>Whether it is connected to a switch.</summary>
    public bool Connected => SwitchId is not null;

    /// <summary>The IP addresses that the guest has said are the adapter's, the one that was seen last first; empty while the machine is off.</summary>
    public string[] IPAddresses => [.. Running?.Addresses ?? []];

    /// <inheritdoc/>
    public override VMNetworkAdapterOperationalStatus[] Status => Running switch
    {
        null => [],
        { HasEnded: true } => [VMNetworkAdapterOperationalStatus.Error],
        _ => [VMNetworkAdapterOperationalStatus.Ok],
    };

    /// <inheritdoc/>
    public override bool IsManagementOs => false;

    /// <summary>Always false: guests see virtio adapters.</summary>
    public bool IsLegacy => false;

    /// <summary>Always true: guests see virtio adapters.</summary>
    public bool IsSynthetic => true;

    /// <summary>Always Off: the guest is not told the adapter's name.</summary>
    public OnOffState DeviceNaming => OnOffState.Off;

    /// <summary>Always false: there is no cluster.</summary>
    public bool ClusterMonitored => false;

    /// <summary>Always 0: guests do not get parts of physical adapters.</summary>
    public uint IovWeight => 0;

    /// <summary>Always 0: guests do not get parts of physical adapters.</summary>
    public int IovUsage => 0;

    /// <summary>Always the pool that Hyper-V has from the beginning; there are no others.</summary>
    public string PoolName => DefaultPool;

    /// <inheritdoc/>
    public override Guid VMId => Machine.Id;

    /// <inheritdoc/>
    public override string VMName => Machine.Name;

    /// <inheritdoc/>
    public override bool IsDeleted => Machine.IsDeleted || !Machine.Configuration.NetworkAdapters.Any(each => each.Id == AdapterGuid);

    /// <summary>
    /// An extension: what the adapter's port has counted since the machine's start, in the worker and, with names that begin with <c>Kernel.</c>, in
    /// the kernel; empty while the machine is off.
    /// </summary>
    public IReadOnlyDictionary<string, long> Counters => Machine.Session.Client.GetAdapterCountersAsync(VMId, AdapterGuid).GetAwaiter().GetResult();

    internal VirtualMachine Machine { get; }

    internal Guid AdapterGuid => _last.Id;

    internal NetworkAdapterConfiguration Configuration
    {
        get
        {
            // What was last known of one that has been removed stays readable, as with Hyper-V's objects.
            _last = Machine.Configuration.NetworkAdapters.FirstOrDefault(each => each.Id == _last.Id) ?? _last;
            return _last;
        }
    }

    private protected override PortSettings Port => Configuration.Port;

    private WorkerAdapterStatus? Running => Machine.Info.NetworkAdapters.FirstOrDefault(each => each.Id == AdapterGuid);

    /// <inheritdoc/>
    public override string ToString() => $"VMNetworkAdapter (Name = '{Name}', VMName = '{VMName}') [Id = '{Id}']";

    internal static List<VMNetworkAdapter> Of(VirtualMachine machine) =>
        [.. machine.Configuration.NetworkAdapters.Select(adapter => new VMNetworkAdapter(machine, adapter))];
}
