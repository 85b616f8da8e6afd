using Nestvisor.Devices.Pci;

namespace Nestvisor.Devices.Virtio;

/// <summary>Where the structures of a virtio function are in its register BAR, a page each (virtio 1.2 §4.1.4).</summary>
internal static class VirtioPciLayout
{
    public const byte VendorCapability = 0x09;
    public const ulong Region = 0x1000;
    public const ulong Size = 4 * Region;
    public const ulong CommonRegion = 0;
    public const ulong IsrRegion = 1;
    public const ulong DeviceRegion = 2;
    public const ulong NotifyRegion = 3;

    /// <summary>Bytes between two queues' doorbells.</summary>
    public const int NotifyMultiplier = 4;

    /// <summary>Bytes that hold any of the structures that are read.</summary>
    public const int MaxStructure = 64;

    private const ushort VirtioVendor = 0x1AF4;
    private const ushort FirstModernDevice = 0x1040;

    public static PciIdentity GetIdentity(VirtioDevice device)
    {
        ushort id = (ushort)(FirstModernDevice + device.DeviceId);
        return new PciIdentity(VirtioVendor, id, device.PciClassCode, Revision: 1, VirtioVendor, id);
    }

    public static ulong GetDoorbell(ulong bar, int queue) => bar + (NotifyRegion * Region) + (ulong)(queue * NotifyMultiplier);

    public static VirtioPciStructure[] GetStructures(VirtioDevice device) =>
    [
        new(VirtioPciStructure.Common, CommonRegion * Region, VirtioCommon.Length),
        new(VirtioPciStructure.Notify, NotifyRegion * Region, (uint)(device.QueueSizes.Length * NotifyMultiplier)),
        new(VirtioPciStructure.Isr, IsrRegion * Region, 1),
        .. device.ConfigurationLength == 0
            ? ReadOnlySpan<VirtioPciStructure>.Empty
            : [new VirtioPciStructure(VirtioPciStructure.Device, DeviceRegion * Region, (uint)device.ConfigurationLength)],
    ];
}
