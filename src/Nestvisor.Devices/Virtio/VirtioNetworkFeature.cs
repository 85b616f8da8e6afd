using Nestvisor.Networking.Packets;

namespace Nestvisor.Devices.Virtio;

/// <summary>Feature bits of network devices (virtio 1.2 §5.1.3) and the offloads that they stand for.</summary>
internal static class VirtioNetworkFeature
{
    public const ulong MacAddress = 1UL << 5;
    public const ulong MergeableBuffers = 1UL << 15;
    public const ulong Status = 1UL << 16;
    public const ulong ControlQueue = 1UL << 17;
    public const ulong MultipleQueues = 1UL << 22;

    private const ulong DeviceChecksum = 1UL << 0;
    private const ulong GuestChecksum = 1UL << 1;
    private const ulong GuestTcp4 = 1UL << 7;
    private const ulong GuestTcp6 = 1UL << 8;
    private const ulong GuestEcn = 1UL << 9;
    private const ulong DeviceTcp4 = 1UL << 11;
    private const ulong DeviceTcp6 = 1UL << 12;
    private const ulong DeviceEcn = 1UL << 13;

    private static readonly (NetworkOffloads Offload, ulong Sent, ulong Received)[] Offloads =
    [
        (NetworkOffloads.Checksum, DeviceChecksum, GuestChecksum),
        (NetworkOffloads.SegmentationTcp4, DeviceTcp4, GuestTcp4),
        (NetworkOffloads.SegmentationTcp6, DeviceTcp6, GuestTcp6),
        (NetworkOffloads.SegmentationEcn, DeviceEcn, GuestEcn),
    ];

    /// <summary>The features that offer offloads in both directions.</summary>
    public static ulong Of(NetworkOffloads offloads)
    {
        ulong features = 0;
        foreach ((NetworkOffloads offload, ulong sent, ulong received) in Offloads)
        {
            features |= (offloads & offload) != 0 ? sent | received : 0;
        }

        return features;
    }

    /// <summary>What the driver may leave to the device.</summary>
    public static NetworkOffloads Sent(ulong features) => Negotiated(features, each => each.Sent);

    /// <summary>What the device may leave to the driver.</summary>
    public static NetworkOffloads Received(ulong features) => Negotiated(features, each => each.Received);

    // Segments need check sums, and congestion notification needs segments (§5.1.3.1): a driver that forgot that gets neither.
    private static NetworkOffloads Negotiated(ulong features, Func<(NetworkOffloads Offload, ulong Sent, ulong Received), ulong> bit)
    {
        NetworkOffloads offloads = NetworkOffloads.None;
        foreach ((NetworkOffloads Offload, ulong Sent, ulong Received) each in Offloads)
        {
            offloads |= (features & bit(each)) != 0 ? each.Offload : NetworkOffloads.None;
        }

        const NetworkOffloads segmentation = NetworkOffloads.SegmentationTcp4 | NetworkOffloads.SegmentationTcp6;
        return (offloads & NetworkOffloads.Checksum) == 0
            ? NetworkOffloads.None
            : (offloads & segmentation) == 0 ? NetworkOffloads.Checksum : offloads;
    }
}
