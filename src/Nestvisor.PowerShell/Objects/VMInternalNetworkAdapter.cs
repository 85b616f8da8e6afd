using Nestvisor.Api.Client;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>An adapter of this host at a virtual switch, as it was when the command got it.</summary>
public sealed class VMInternalNetworkAdapter : VMNetworkAdapterBase
{
    private readonly NestvisorClient _client;
    private SwitchInfo _switch;
    private HostPortInfo _port;
    private bool _isDeleted;

    internal VMInternalNetworkAdapter(NestvisorClient client, SwitchInfo owner, HostPortInfo port)
    {
        _client = client;
        _switch = owner;
        _port = port;
    }

    /// <summary>Name, which of a switch's first adapter is the switch's unless it has been renamed.</summary>
    public override string Name => _port.Name;

    /// <inheritdoc/>
    public override string Id => $"{_port.Id:D}".ToUpperInvariant();

    /// <summary>Name of the interface in the kernel.</summary>
    public string DeviceId => _port.Interface;

    /// <inheritdoc/>
    public override string MacAddress => _port.MacAddress.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <inheritdoc/>
    public override string SwitchName => _switch.Name;

    /// <inheritdoc/>
    public override Guid? SwitchId => _switch.Id;

    /// <inheritdoc/>
    public override VMNetworkAdapterOperationalStatus[] Status => [_port.IsEnabled ? VMNetworkAdapterOperationalStatus.Ok : VMNetworkAdapterOperationalStatus.Stopped];

    /// <inheritdoc/>
    public override bool IsManagementOs => true;

    /// <summary>An extension: the IP addresses that it has now.</summary>
    public string[] IPAddresses => _port.InterfaceIndex is not { } index
        ? []
        : [.. _client.GetAddressesAsync().GetAwaiter().GetResult().Where(address => address.InterfaceIndex == index).Select(address => address.Address)];

    /// <inheritdoc/>
    public override Guid VMId => Guid.Empty;

    /// <inheritdoc/>
    public override string VMName => "";

    /// <inheritdoc/>
    public override bool IsDeleted => _isDeleted;

    internal Guid PortId => _port.Id;

    internal PortSettings Settings => _port.Port;

    private protected override PortSettings Port => _port.Port;

    /// <inheritdoc/>
    public override string ToString() => $"VMInternalNetworkAdapter (Name = '{Name}')";

    internal static IEnumerable<VMInternalNetworkAdapter> Of(NestvisorClient client, IEnumerable<SwitchInfo> switches) =>
        switches.SelectMany(each => each.HostPorts.Select(port => new VMInternalNetworkAdapter(client, each, port)));

    /// <summary>Takes over what it is after a change.</summary>
    internal void Update(SwitchInfo changed)
    {
        _switch = changed;
        // The first port becomes an interface of its own when it gets what a bridge cannot have, with another identifier.
        HostPortInfo? now = changed.HostPorts.FirstOrDefault(port => port.Id == _port.Id)
            ?? (_port.Id == changed.Id ? changed.HostPorts.FirstOrDefault(port => port.Name == _port.Name) : null);
        _isDeleted = now is null;
        _port = now ?? _port;
    }
}
