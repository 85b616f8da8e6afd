using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>This host's port on a virtual switch.</summary>
public sealed class VMInternalNetworkAdapter : VMNetworkAdapterBase
{
    private readonly SwitchInfo _switch;
    private readonly InterfaceInfo? _interface;

    internal VMInternalNetworkAdapter(SwitchInfo owner, InterfaceInfo? kernelInterface)
    {
        _switch = owner;
        _interface = kernelInterface;
    }

    /// <summary>Name, which is the switch's.</summary>
    public override string Name => _switch.Name;

    /// <inheritdoc/>
    public override string Id => $"{_switch.Id:D}".ToUpperInvariant();

    /// <summary>Name of the interface in the kernel.</summary>
    public string DeviceId => _switch.Bridge;

    /// <inheritdoc/>
    public override string MacAddress => (_interface?.MacAddress ?? "").Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <inheritdoc/>
    public override string SwitchName => _switch.Name;

    /// <inheritdoc/>
    public override Guid? SwitchId => _switch.Id;

    /// <inheritdoc/>
    public override VMNetworkAdapterOperationalStatus[] Status =>
        [_interface is { IsEnabled: true } ? VMNetworkAdapterOperationalStatus.Ok : VMNetworkAdapterOperationalStatus.Stopped];

    /// <inheritdoc/>
    public override bool IsManagementOs => true;

    /// <inheritdoc/>
    public override Guid VMId => Guid.Empty;

    /// <inheritdoc/>
    public override string VMName => "";

    /// <inheritdoc/>
    public override bool IsDeleted => false;

    private protected override PortSettings Port { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => $"VMInternalNetworkAdapter (Name = '{Name}')";
}
