namespace Nestvisor.Api.Networks;

/// <summary>The protocol of a static mapping.</summary>
public enum NatProtocol
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,
}
