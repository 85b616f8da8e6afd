namespace Nestvisor.Devices;

/// <summary>
/// Where devices register the ports and addresses that they answer at. Registration is safe from any thread, also inside
/// an access, since a guest moves PCI base addresses while its other processors run.
/// </summary>
/// <remarks>
/// An access goes to the device that holds its first byte. Where ranges overlap, the one that was registered first answers,
/// so no guest can lay a base address over the chipset; the other answers again as soon as the first is disposed.
/// </remarks>
public interface IDeviceBus
{
    /// <summary>Registers a range of I/O ports.</summary>
    /// <param name="first">First port.</param>
    /// <param name="count">Number of ports.</param>
    /// <param name="device">Who answers.</param>
    /// <returns>Dispose it to take the range away.</returns>
    IDisposable AddPorts(ushort first, int count, IPortDevice device);

    /// <summary>Registers a range of guest-physical addresses. RAM always goes before devices.</summary>
    /// <param name="address">First address.</param>
    /// <param name="length">Bytes; what reaches beyond 2^64 is cut off.</param>
    /// <param name="device">Who answers.</param>
    /// <returns>Dispose it to take the range away.</returns>
    IDisposable AddMemory(ulong address, ulong length, IMmioDevice device);
}
