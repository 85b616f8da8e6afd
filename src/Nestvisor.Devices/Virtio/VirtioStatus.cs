namespace Nestvisor.Devices.Virtio;

/// <summary>The device status field (virtio 1.2 §2.1).</summary>
internal static class VirtioStatus
{
    public const int Acknowledge = 1;
    public const int Driver = 2;
    public const int DriverOk = 4;
    public const int FeaturesOk = 8;
    public const int NeedsReset = 64;
    public const int Failed = 128;

    /// <summary>What a driver can set.</summary>
    public const int Writable = Acknowledge | Driver | DriverOk | FeaturesOk | Failed;
}
