using System.Collections.Concurrent;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Machine.Tests;

/// <summary>A partition of <see cref="ScriptedProcessor"/>s.</summary>
internal sealed class ScriptedPartition : Partition
{
    private readonly List<ScriptedProcessor> _processors = [];

    public ScriptedPartition(
        GuestMemory memory, VmClock clock, CpuProfile profile, int processors, Func<ScriptedProcessor, IMachineBus, RunResult?> script)
        : base(memory, clock, profile)
    {
        for (int i = 0; i < processors; i++)
        {
            _processors.Add(new ScriptedProcessor(i, script));
        }
    }

    public override string EngineName => "Scripted";

    public override IReadOnlyList<VirtualProcessor> Processors => _processors;

    public override ulong TscFrequency => 1_000_000_000;

    public ConcurrentQueue<MsiMessage> Messages { get; } = [];

    public override void SendMessage(MsiMessage message)
    {
        // Bounded, since some guests here send without end.
        if (Messages.Count < 16)
        {
            Messages.Enqueue(message);
        }
    }

    public override MessageInterrupt CreateMessageInterrupt() => new Nowhere();

    public override void SetExternalInterrupt(bool asserted)
    {
    }

    public override IDisposable RegisterDoorbell(ulong address, EventDescriptor bell) => new Nowhere();

    public override IReadOnlyDictionary<string, long> GetCounters() => new Dictionary<string, long>();

    private sealed class Nowhere : MessageInterrupt
    {
        public override void Configure(MsiMessage message)
        {
        }

        public override void Signal()
        {
        }
    }
}
