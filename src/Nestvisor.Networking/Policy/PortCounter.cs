namespace Nestvisor.Networking.Policy;

/// <summary>What a port counts.</summary>
public enum PortCounter
{
    /// <summary>Packets that left; one that is still to be cut into segments is one.</summary>
    SentPackets,

    /// <summary>Bytes of their frames.</summary>
    SentBytes,

    /// <summary>Packets that came in.</summary>
    ReceivedPackets,

    /// <summary>Bytes of their frames.</summary>
    ReceivedBytes,

    /// <summary>Packets that did not leave because they did not come from the adapter's own address, or from a group's.</summary>
    DroppedForeignSource,

    /// <summary>Packets that did not leave or come in because of their VLAN.</summary>
    DroppedVlan,

    /// <summary>Packets that did not leave because they were a DHCP server's or a router's.</summary>
    DroppedGuard,

    /// <summary>Packets that did not come in because they were for somebody else.</summary>
    DroppedForeignDestination,
}
