using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Devices.Tests.Chipset;

/// <summary>A partition without processors that writes down what the chipset tells it.</summary>
internal sealed class RecordingPartition : Partition
{
    public RecordingPartition(VmClock clock)
        : base(new GuestMemory(1 << 20), clock, new CpuProfile("test", CpuVendor.Amd, new Dictionary<(uint, uint), CpuidResult>()))
    {
    }

    public override string EngineName => "Recording";

    public override IReadOnlyList<VirtualProcessor> Processors => [];

    public override ulong TscFrequency => 1_000_000_000;

    public List<MsiMessage> Messages { get; } = [];

    public MsiMessage[] Routes { get; private set; } = [];

    public bool ExternalInterrupt { get; private set; }

    public override void SendMessage(MsiMessage message) => Messages.Add(message);

    public override MessageInterrupt CreateMessageInterrupt() => throw new NotSupportedException("The chipset has no message interrupts.");

    public override void SetExternalInterrupt(bool asserted) => ExternalInterrupt = asserted;

    public override void SetIoApicRoutes(ReadOnlySpan<MsiMessage> routes) => Routes = routes.ToArray();

    public override IDisposable RegisterDoorbell(ulong address, EventDescriptor bell) => throw new NotSupportedException("The chipset has no doorbells.");

    public override IReadOnlyDictionary<string, long> GetCounters() => new Dictionary<string, long>();

    protected override void Dispose(bool disposing) => Memory.Dispose();
}
