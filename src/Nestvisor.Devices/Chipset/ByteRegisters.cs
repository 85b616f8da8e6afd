namespace Nestvisor.Devices.Chipset;

/// <summary>
/// An 8-bit device on the ISA bus: the bus splits a wider access into bytes at consecutive ports, lowest first.
/// </summary>
public abstract class ByteRegisters : IPortDevice
{
    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= (uint)ReadByte((ushort)(port + i)) << (i * 8);
        }

        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        for (int i = 0; i < size; i++)
        {
            WriteByte((ushort)(port + i), (byte)(value >> (i * 8)));
        }
    }

    /// <summary>Reads one byte.</summary>
    /// <param name="port">Port number, perhaps not one of the device's.</param>
    /// <returns>The value; FFh where there is no register.</returns>
    protected abstract byte ReadByte(ushort port);

    /// <summary>Writes one byte.</summary>
    /// <param name="port">Port number, perhaps not one of the device's.</param>
    /// <param name="value">The value.</param>
    protected abstract void WriteByte(ushort port, byte value);
}
