namespace Nestvisor.Devices.Virtio;

/// <summary>Feature bits that are the same for all devices (virtio 1.2 §6).</summary>
internal static class VirtioFeature
{
    public const ulong RingIndirectDescriptors = 1UL << 28;
    public const ulong RingEventIndex = 1UL << 29;
    public const ulong Version1 = 1UL << 32;

    /// <summary>What every device here offers.</summary>
    public const ulong Common = RingIndirectDescriptors | RingEventIndex | Version1;
}
