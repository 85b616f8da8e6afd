using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>
/// The way of PCI functions and the IOAPIC to memory and to the local APICs. Safe from any thread, and takes no lock of a device;
/// never throws, whatever the guest has set up.
/// </summary>
public interface IRemapper
{
    /// <summary>Whether interrupt messages have to go through <see cref="TryRemap"/>.</summary>
    bool RemapsInterrupts { get; }

    /// <summary>Reads memory for a function.</summary>
    /// <param name="requester">Bus, device and function number, 8, 5 and 3 bits.</param>
    /// <param name="address">Address as the function gives it.</param>
    /// <param name="target">Where to.</param>
    /// <returns>False if a part of the range may not be read or is no memory; what comes before it may have been read.</returns>
    bool TryRead(ushort requester, ulong address, Span<byte> target);

    /// <summary>Writes memory for a function.</summary>
    /// <param name="requester">Bus, device and function number, 8, 5 and 3 bits.</param>
    /// <param name="address">Address as the function gives it.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>False if a part of the range may not be written or is no memory; what comes before it may have been written.</returns>
    bool TryWrite(ushort requester, ulong address, ReadOnlySpan<byte> source);

    /// <summary>Makes of an interrupt request the message that reaches the local APICs.</summary>
    /// <param name="requester">Who asks; null for the IOAPIC, which has no number on the bus.</param>
    /// <param name="request">The request.</param>
    /// <param name="report">Whether the guest is told if it is blocked; false only to look.</param>
    /// <param name="message">The message.</param>
    /// <returns>False if the request is blocked.</returns>
    bool TryRemap(ushort? requester, MsiMessage request, bool report, out MsiMessage message);
}
