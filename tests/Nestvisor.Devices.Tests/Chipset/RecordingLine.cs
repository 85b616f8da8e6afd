using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

/// <summary>A line that counts its rising edges.</summary>
internal sealed class RecordingLine : LineInterrupt
{
    public bool Asserted { get; private set; }

    public int Edges { get; private set; }

    public override void Set(bool asserted)
    {
        Edges += asserted && !Asserted ? 1 : 0;
        Asserted = asserted;
    }
}
