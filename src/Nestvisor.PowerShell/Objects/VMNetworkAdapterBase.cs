using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A network adapter, of a virtual machine or of this host.</summary>
public abstract class VMNetworkAdapterBase : VirtualizationObject
{
    private protected VMNetworkAdapterBase()
    {
    }

    /// <summary>Name.</summary>
    public abstract string Name { get; }

    /// <summary>Identifier.</summary>
    public abstract string Id { get; }

    /// <summary>Identifier.</summary>
    public string AdapterId => Id;

    /// <summary>MAC address, 12 digits; all 0 if it has been given none yet.</summary>
    public abstract string MacAddress { get; }

    /// <summary>Name of the switch that it is connected to; empty for none.</summary>
    public abstract string SwitchName { get; }

    /// <summary>Identifier of the switch that it is connected to; null for none.</summary>
    public abstract Guid? SwitchId { get; }

    /// <summary>How it works.</summary>
    public abstract VMNetworkAdapterOperationalStatus[] Status { get; }

    /// <summary>How it works, for people.</summary>
    public string[] StatusDescription => [.. Status.Select(status => status == VMNetworkAdapterOperationalStatus.Ok ? "OK" : status.ToString())];

    /// <summary>Whether it is this host's.</summary>
    public abstract bool IsManagementOs { get; }

    /// <summary>Always false: the physical adapter of an external switch is not listed.</summary>
    public bool IsExternalAdapter => false;

    /// <summary>Identifier of the virtual machine; empty for this host's.</summary>
    public abstract Guid VMId { get; }

    /// <summary>Name of the virtual machine; empty for this host's.</summary>
    public abstract string VMName { get; }

    /// <summary>Always empty: there are no checkpoints.</summary>
    public Guid VMSnapshotId => Guid.Empty;

    /// <summary>Always empty: there are no checkpoints.</summary>
    public string VMSnapshotName => "";

    /// <summary>Whether frames may leave with any source address.</summary>
    public OnOffState MacAddressSpoofing => ToState(Port.MacAddressSpoofing);

    /// <summary>Whether answers of DHCP servers do not leave.</summary>
    public OnOffState DhcpGuard => ToState(Port.DhcpGuard);

    /// <summary>Whether advertisements and redirections of routers do not leave.</summary>
    public OnOffState RouterGuard => ToState(Port.RouterGuard);

    /// <summary>Its VLAN.</summary>
    public VMNetworkAdapterVlanSetting VlanSetting => new(this, Port);

    /// <summary>The limits of its bandwidth.</summary>
    public VMNetworkAdapterBandwidthSetting BandwidthSetting => new(Port.MaximumBandwidth);

    /// <summary>Always None: frames are not copied to other ports.</summary>
    public VMNetworkAdapterPortMirroringMode PortMirroringMode => VMNetworkAdapterPortMirroringMode.None;

    /// <summary>Always Off: a tag that only gives a priority is passed on as it is.</summary>
    public OnOffState IeeePriorityTag => OnOffState.Off;

    /// <summary>Always Off.</summary>
    public OnOffState AllowTeaming => OnOffState.Off;

    /// <summary>Always Off.</summary>
    public OnOffState FixSpeed10G => OnOffState.Off;

    /// <summary>Always 0: there are no virtual subnets.</summary>
    public uint VirtualSubnetId => 0;

    /// <summary>Always 0: the number of learned addresses is not limited by the user.</summary>
    public uint DynamicIPAddressLimit => 0;

    /// <summary>Always 0: frames to all are not limited.</summary>
    public uint StormLimit => 0;

    private protected abstract PortSettings Port { get; }

    private static OnOffState ToState(bool on) => on ? OnOffState.On : OnOffState.Off;
}
