namespace Nestvisor.NetworkCommands;

/// <summary>Who made a route.</summary>
public enum RouteProtocol
{
    /// <summary>None of the others.</summary>
    Other = 1,

    /// <summary>The kernel, for its own addresses.</summary>
    Local = 2,

    /// <summary>A person or a program that configures the host.</summary>
    NetMgmt = 3,

    /// <summary>A router, by ICMP.</summary>
    Icmp = 4,

    /// <summary>A daemon for the protocol EGP.</summary>
    Egp = 5,

    /// <summary>A daemon for the protocol GGP.</summary>
    Ggp = 6,

    /// <summary>A daemon for the protocol HELLO.</summary>
    Hello = 7,

    /// <summary>A daemon for the protocol RIP.</summary>
    Rip = 8,

    /// <summary>A daemon for the protocol ISIS.</summary>
    IsIs = 9,

    /// <summary>A daemon for the protocol ESIS.</summary>
    EsIs = 10,

    /// <summary>A daemon for the protocol IGRP.</summary>
    Igrp = 11,

    /// <summary>A daemon for the protocol BBN.</summary>
    Bbn = 12,

    /// <summary>A daemon for the protocol OSPF.</summary>
    Ospf = 13,

    /// <summary>A daemon for the protocol BGP.</summary>
    Bgp = 14,

    /// <summary>A daemon for the protocol IDPR.</summary>
    Idpr = 15,

    /// <summary>A daemon for the protocol EIGRP.</summary>
    Eigrp = 16,

    /// <summary>A daemon for the protocol DVMRP.</summary>
    Dvmrp = 17,

    /// <summary>A daemon for the protocol RPL.</summary>
    Rpl = 18,

    /// <summary>A DHCP client.</summary>
    Dhcp = 19,
}
