using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands;

/// <summary>A NAT: the addresses of a prefix go out with this host's.</summary>
public sealed class NetNat : CimObject
{
    internal const string CimClass = "MSFT_NetNat";

    internal NetNat(NatInfo info)
        : base(CimClass) => Info = info;

    /// <summary>Name.</summary>
    public string Name => Info.Name;

    /// <summary>Empty: packets go out with the address of the interface that they leave by.</summary>
    public string ExternalIPInterfaceAddressPrefix => "";

    /// <summary>The prefix of the addresses inside.</summary>
    public string InternalIPInterfaceAddressPrefix => Info.InternalPrefix;

    /// <summary>The routing domain: there is one.</summary>
    public string InternalRoutingDomainId => SoleRoutingDomain;

    /// <summary>Null: when a question by ICMP is forgotten is one value of the kernel for this host.</summary>
    public uint? IcmpQueryTimeout => null;

    /// <summary>Seconds after which an idle TCP connection is forgotten; null for what the kernel does.</summary>
    public uint? TcpEstablishedConnectionTimeout => (uint?)Info.Timeouts.TcpEstablished;

    /// <summary>Seconds after which a TCP connection that opens or closes is forgotten; null for what the kernel does.</summary>
    public uint? TcpTransientConnectionTimeout => (uint?)Info.Timeouts.TcpTransient;

    /// <summary>Packets come in from addresses that were written to.</summary>
    public FilteringBehaviorType TcpFilteringBehavior => FilteringBehaviorType.AddressDependentFiltering;

    /// <summary>Packets come in from addresses that were written to.</summary>
    public FilteringBehaviorType UdpFilteringBehavior => FilteringBehaviorType.AddressDependentFiltering;

    /// <summary>Seconds after which idle UDP is forgotten; null for what the kernel does.</summary>
    public uint? UdpIdleSessionTimeout => (uint?)Info.Timeouts.UdpIdle;

    /// <summary>True: in Linux packets that come in keep UDP alive too.</summary>
    public bool UdpInboundRefresh => true;

    /// <summary>Local: it is kept on this host.</summary>
    public string Store => "Local";

    /// <summary>Whether the kernel translates now.</summary>
    public bool Active => Info.Active;

    /// <summary>The identifier of the only routing domain.</summary>
    internal static string SoleRoutingDomain => Guid.Empty.ToString("B");

    /// <summary>The NAT as the service knows it.</summary>
    internal NatInfo Info { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
