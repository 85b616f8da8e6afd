namespace Nestvisor.Networking.Packets;

/// <summary>Work on packets that is left to the receiving side.</summary>
[Flags]
public enum NetworkOffloads
{
    /// <summary>None: all check sums are made and all frames fit the wire.</summary>
    None = 0,

    /// <summary>The check sum of a transport protocol.</summary>
    Checksum = 1,

    /// <summary>Cutting TCP over IPv4 into segments.</summary>
    SegmentationTcp4 = 2,

    /// <summary>Cutting TCP over IPv6 into segments.</summary>
    SegmentationTcp6 = 4,

    /// <summary>Cutting TCP with explicit congestion notification into segments.</summary>
    SegmentationEcn = 8,

    /// <summary>Something that nobody does.</summary>
    Unknown = 16,

    /// <summary>All that there is.</summary>
    All = Checksum | SegmentationTcp4 | SegmentationTcp6 | SegmentationEcn,
}
