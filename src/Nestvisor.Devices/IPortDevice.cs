namespace Nestvisor.Devices;

/// <summary>
/// A device that answers at I/O ports. Called on the threads of all virtual processors at once; the device locks itself.
/// It never throws, whatever the guest does.
/// </summary>
public interface IPortDevice
{
    /// <summary>Reads a port.</summary>
    /// <param name="port">The port's absolute number; the access may reach beyond the registered range.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <returns>The value; all ones where there is no register.</returns>
    uint ReadPort(ushort port, int size);

    /// <summary>Writes a port.</summary>
    /// <param name="port">The port's absolute number; the access may reach beyond the registered range.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <param name="value">The value, zero-extended.</param>
    void WritePort(ushort port, int size, uint value);
}
