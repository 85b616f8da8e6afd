using System.Globalization;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>The VLAN of a network adapter.</summary>
public sealed class VMNetworkAdapterVlanSetting : VirtualizationObject
{
    private readonly PortSettings _port;

    internal VMNetworkAdapterVlanSetting(VMNetworkAdapterBase adapter, PortSettings port)
    {
        ParentAdapter = adapter;
        _port = port;
    }

    /// <summary>The adapter.</summary>
    public VMNetworkAdapterBase ParentAdapter { get; }

    /// <summary>How its port treats tags.</summary>
    public VMNetworkAdapterVlanMode OperationMode =>
        _port.TrunkVlans is not null ? VMNetworkAdapterVlanMode.Trunk : _port.Vlan == 0 ? VMNetworkAdapterVlanMode.Untagged : VMNetworkAdapterVlanMode.Access;

    /// <summary>The VLAN of an access port; else 0.</summary>
    public int AccessVlanId => OperationMode == VMNetworkAdapterVlanMode.Access ? _port.Vlan : 0;

    /// <summary>The VLAN of a trunk port's frames without a tag; 0 for none.</summary>
    public int NativeVlanId => OperationMode == VMNetworkAdapterVlanMode.Trunk ? _port.Vlan : 0;

    /// <summary>The VLANs whose frames pass a trunk port.</summary>
    public List<int> AllowedVlanIdList => [.. _port.TrunkVlans ?? []];

    /// <summary>The same as ranges, such as <c>1-100,200</c>.</summary>
    public string AllowedVlanIdListString => VlanRanges.Write(_port.TrunkVlans ?? []);

    /// <inheritdoc/>
    public override string ToString() => OperationMode switch
    {
        VMNetworkAdapterVlanMode.Access => string.Create(CultureInfo.InvariantCulture, $"Access ({AccessVlanId})"),
        VMNetworkAdapterVlanMode.Trunk => string.Create(CultureInfo.InvariantCulture, $"Trunk ({NativeVlanId}, {AllowedVlanIdListString})"),
        _ => "Untagged",
    };
}
