namespace Nestvisor.Virtualization;

/// <summary>
/// What a virtual processor calls when the guest reaches beyond its memory. Both engines call it on the virtual
/// processor's own thread, and hold no lock while they do.
/// </summary>
public interface IMachineBus
{
    /// <summary>Reads an I/O port.</summary>
    /// <param name="port">Port number.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <returns>The value; all ones where nothing answers.</returns>
    uint ReadPort(ushort port, int size);

    /// <summary>Writes an I/O port.</summary>
    /// <param name="port">Port number.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    /// <param name="value">The value, zero-extended.</param>
    void WritePort(ushort port, int size, uint value);

    /// <summary>Reads guest-physical addresses that are not memory.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="data">1 to 32 bytes, within one page; all ones where nothing answers.</param>
    void ReadMemory(ulong address, Span<byte> data);

    /// <summary>Writes guest-physical addresses that are not memory.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="data">1 to 32 bytes, within one page.</param>
    void WriteMemory(ulong address, ReadOnlySpan<byte> data);

    /// <summary>Runs the interrupt-acknowledge cycle of the external interrupt controller (8259A).</summary>
    /// <returns>The vector; spurious if the request has gone.</returns>
    byte AcknowledgeInterrupt();

    /// <summary>Tells the IOAPIC that a level-triggered interrupt has ended in a local APIC.</summary>
    /// <param name="vector">Its vector.</param>
    void EndOfInterrupt(byte vector);
}
