using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands;

/// <summary>A port of this host that leads to a port behind a NAT.</summary>
public sealed class NetNatStaticMapping : CimObject
{
    internal const string CimClass = "MSFT_NetNatStaticMapping";

    private readonly NatStaticMapping _mapping;

    internal NetNatStaticMapping(NatInfo nat, NatStaticMapping mapping)
        : base(CimClass)
    {
        Nat = nat;
        _mapping = mapping;
    }

    /// <summary>Its number.</summary>
    public uint StaticMappingID => _mapping.Id;

    /// <summary>Name of the NAT.</summary>
    public string NatName => Nat.Name;

    /// <summary>The protocol.</summary>
    public NatProtocolType Protocol => _mapping.Protocol == NatProtocol.Tcp ? NatProtocolType.TCP : NatProtocolType.UDP;

    /// <summary>Prefix of the addresses that may use it.</summary>
    public string RemoteExternalIPAddressPrefix => _mapping.RemoteExternalIPAddressPrefix;

    /// <summary>Address of this host; 0.0.0.0 for all.</summary>
    public string ExternalIPAddress => _mapping.ExternalIPAddress;

    /// <summary>Port on this host.</summary>
    public ushort ExternalPort => (ushort)_mapping.ExternalPort;

    /// <summary>Address behind the NAT.</summary>
    public string InternalIPAddress => _mapping.InternalIPAddress;

    /// <summary>Port at that address.</summary>
    public ushort InternalPort => (ushort)_mapping.InternalPort;

    /// <summary>The routing domain: there is one.</summary>
    public string InternalRoutingDomainId => NetNat.SoleRoutingDomain;

    /// <summary>Whether the kernel does it now.</summary>
    public bool Active => Nat.Active;

    /// <summary>The NAT.</summary>
    internal NatInfo Nat { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{NatName}: {Protocol} {ExternalIPAddress}:{ExternalPort}";
}
