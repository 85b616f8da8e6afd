using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>The board's wiring from interrupt lines to the 8259A pair and the IOAPIC.</summary>
internal sealed class InterruptRouter(PicPair pic, IoApic ioApic) : IInterruptRouter
{
    private readonly Wire[] _wires = CreateWires();

    /// <inheritdoc/>
    public LineInterrupt CreateLine(int gsi)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gsi);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(gsi, IoApic.PinCount);
        return new Line(this, gsi);
    }

    private static Wire[] CreateWires()
    {
        Wire[] wires = new Wire[IoApic.PinCount];
        for (int gsi = 0; gsi < wires.Length; gsi++)
        {
            wires[gsi] = new Wire();
        }

        return wires;
    }

    private void Drive(int gsi, bool asserted)
    {
        if (gsi < 16 && gsi != 2)
        {
            pic.SetLine(gsi, asserted);
        }

        ioApic.SetPin(gsi == 0 ? 2 : gsi, asserted);
    }

    private sealed class Wire
    {
        public int Asserting { get; set; }
    }

    private sealed class Line(InterruptRouter router, int gsi) : LineInterrupt
    {
        private bool _asserted;

        public override void Set(bool asserted)
        {
            Wire wire = router._wires[gsi];

            // Held while the controllers are driven, so that two changes reach them in the order they were made.
            lock (wire)
            {
                if (_asserted == asserted)
                {
                    return;
                }

                _asserted = asserted;
                wire.Asserting += asserted ? 1 : -1;
                if (wire.Asserting == (asserted ? 1 : 0))
                {
                    router.Drive(gsi, asserted);
                }
            }
        }
    }
}
