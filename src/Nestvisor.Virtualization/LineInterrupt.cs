namespace Nestvisor.Virtualization;

/// <summary>An interrupt line from a device to the interrupt controllers. Safe to drive from any thread.</summary>
public abstract class LineInterrupt
{
    /// <summary>A line that leads nowhere.</summary>
    public static LineInterrupt Unconnected { get; } = new NowhereLine();

    /// <summary>Drives the line.</summary>
    /// <param name="asserted">Whether the device asks for service.</param>
    public abstract void Set(bool asserted);

    /// <summary>Makes one edge: asserts and releases the line.</summary>
    public void Pulse()
    {
        Set(true);
        Set(false);
    }

    private sealed class NowhereLine : LineInterrupt
    {
        public override void Set(bool asserted)
        {
        }
    }
}
