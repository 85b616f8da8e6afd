namespace Nestvisor.Devices;

/// <summary>
/// A device that answers at guest-physical addresses. Called on the threads of all virtual processors at once; the device
/// locks itself. It never throws, whatever the guest does.
/// </summary>
public interface IMmioDevice
{
    /// <summary>Reads registers.</summary>
    /// <param name="offset">Bytes from the start of the registered range; the access may reach beyond its end.</param>
    /// <param name="data">1 to 32 bytes to fill, all of them; all ones where there is no register.</param>
    void ReadMemory(ulong offset, Span<byte> data);

    /// <summary>Writes registers.</summary>
    /// <param name="offset">Bytes from the start of the registered range; the access may reach beyond its end.</param>
    /// <param name="data">1 to 32 bytes.</param>
    void WriteMemory(ulong offset, ReadOnlySpan<byte> data);
}
