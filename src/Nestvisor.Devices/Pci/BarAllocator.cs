using System.Numerics;

namespace Nestvisor.Devices.Pci;

/// <summary>
/// Assigns base addresses as firmware would, from the first PCI window upwards. A kernel that is booted directly finds the
/// functions ready to use, and may still move them.
/// </summary>
internal sealed class BarAllocator(ulong start, ulong length)
{
    private readonly ulong _end = start + length;
    private ulong _next = start;

    /// <summary>Takes the next naturally aligned range.</summary>
    /// <exception cref="InvalidOperationException">The window is full.</exception>
    public ulong Allocate(ulong size)
    {
        // Pages apart, so that each range can be mapped and protected by itself.
        ulong granule = Math.Max(BitOperations.RoundUpToPowerOf2(size), 4096);
        ulong address = (_next + granule - 1) & ~(granule - 1);
        if (address < _next || address > _end || granule > _end - address)
        {
            throw new InvalidOperationException($"The PCI window has no room for {size} bytes more. Attach fewer devices.");
        }

        _next = address + granule;
        return address;
    }
}
