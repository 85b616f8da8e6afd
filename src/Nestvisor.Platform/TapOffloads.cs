namespace Nestvisor.Platform;

/// <summary>Work that the kernel may leave to the reader of a TAP device (TUN_F_* of linux/if_tun.h).</summary>
[Flags]
public enum TapOffloads : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Check sums.</summary>
    Checksum = 1,

    /// <summary>Segments of TCP over IPv4.</summary>
    SegmentationTcp4 = 2,

    /// <summary>Segments of TCP over IPv6.</summary>
    SegmentationTcp6 = 4,

    /// <summary>Segments of TCP with explicit congestion notification.</summary>
    SegmentationEcn = 8,
}
