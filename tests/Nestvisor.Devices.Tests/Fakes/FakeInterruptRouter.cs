using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>Lines that remember their level and tell of rising edges.</summary>
internal sealed class FakeInterruptRouter : IInterruptRouter
{
    private readonly int[] _asserted = new int[24];

    /// <summary>Called when an interrupt goes from released to asserted, on the device's thread.</summary>
    public event Action<int>? Raised;

    public bool IsAsserted(int gsi) => Volatile.Read(ref _asserted[gsi]) > 0;

    public LineInterrupt CreateLine(int gsi) => new Line(this, gsi);

    private sealed class Line(FakeInterruptRouter owner, int gsi) : LineInterrupt
    {
        private bool _level;

        public override void Set(bool asserted)
        {
            if (asserted != _level)
            {
                _level = asserted;
                int count = Interlocked.Add(ref owner._asserted[gsi], asserted ? 1 : -1);
                if (asserted && count == 1)
                {
                    owner.Raised?.Invoke(gsi);
                }
            }
        }
    }
}
