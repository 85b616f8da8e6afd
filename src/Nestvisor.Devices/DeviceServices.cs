using Nestvisor.Devices.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices;

/// <summary>What a machine gives a device that it is composed of.</summary>
/// <param name="Memory">The guest's memory.</param>
/// <param name="Clock">The guest's time.</param>
/// <param name="Partition">Message-signalled interrupts and doorbells.</param>
/// <param name="Bus">Ports and addresses.</param>
/// <param name="Interrupts">Interrupt lines.</param>
public sealed record DeviceServices(
    GuestMemory Memory, VmClock Clock, Partition Partition, IDeviceBus Bus, IInterruptRouter Interrupts)
{
    /// <summary>The way of PCI functions to memory and to the local APICs; a straight one unless the machine has a remapping unit.</summary>
    public IRemapper Remapper { get; init; } = new DirectRemapper(Memory);
}
