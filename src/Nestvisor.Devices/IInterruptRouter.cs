using Nestvisor.Virtualization;

namespace Nestvisor.Devices;

/// <summary>Hands out lines to the interrupt controllers.</summary>
public interface IInterruptRouter
{
    /// <summary>
    /// Creates a line to a global system interrupt: 0 to 15 are the ISA interrupts and reach both the 8259A pair and the
    /// IOAPIC (interrupt 0 at pin 2), 16 to 23 the IOAPIC alone. Several lines of one interrupt are wired together: it is
    /// asserted while one of them is.
    /// </summary>
    /// <param name="gsi">Number of the interrupt, 0 to 23.</param>
    /// <returns>A new line, released.</returns>
    LineInterrupt CreateLine(int gsi);

    /// <summary>
    /// Creates the line of a PCI function's interrupt pin, as the ACPI tables' _PRT routes it: GSI 16 + (device + pin - 1) mod 8,
    /// level triggered.
    /// </summary>
    /// <param name="device">Device number on bus 0, 0 to 31.</param>
    /// <param name="pin">1 for INTA# to 4 for INTD#, as in the Interrupt Pin register.</param>
    /// <returns>A new line, released.</returns>
    LineInterrupt CreatePciLine(int device, int pin) => CreateLine(GetPciGsi(device, pin));

    /// <summary>The interrupt that a PCI interrupt pin is routed to; its number also stands in the Interrupt Line register.</summary>
    /// <param name="device">Device number on bus 0, 0 to 31.</param>
    /// <param name="pin">1 for INTA# to 4 for INTD#.</param>
    /// <returns>16 to 23.</returns>
    static int GetPciGsi(int device, int pin) => 16 + ((device + pin - 1) & 7);
}
