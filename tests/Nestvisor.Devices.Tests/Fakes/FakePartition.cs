using System.Collections.Concurrent;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>A partition without processors that records the messages it is asked to send.</summary>
internal sealed class FakePartition : Partition
{
    private readonly ConcurrentDictionary<ulong, EventDescriptor> _doorbells = new();

    public FakePartition(ulong memory = 4 << 20)
        : base(
            new GuestMemory(memory),
            VmClock.CreateManual(),
            new CpuProfile("none", default, new Dictionary<(uint, uint), CpuidResult>()))
    {
    }

    /// <summary>Called for each message, on the sender's thread.</summary>
    public event Action<MsiMessage>? MessageSent;

    public ConcurrentQueue<MsiMessage> Messages { get; } = [];

    public ICollection<ulong> Doorbells => _doorbells.Keys;

    public override string EngineName => "Fake";

    public override IReadOnlyList<VirtualProcessor> Processors => [];

    public override ulong TscFrequency => 1_000_000_000;

    public override void SendMessage(MsiMessage message)
    {
        if (MessageSent is { } handler)
        {
            handler(message);
        }
        else
        {
            Messages.Enqueue(message);
        }
    }

    public override MessageInterrupt CreateMessageInterrupt() => new Source(this);

    public override void SetExternalInterrupt(bool asserted)
    {
    }

    public override IDisposable RegisterDoorbell(ulong address, EventDescriptor bell)
    {
        Assert.True(_doorbells.TryAdd(address, bell), $"A doorbell is at {address:X} already.");
        return new Removal(() => Assert.True(_doorbells.TryRemove(address, out _)));
    }

    public override IReadOnlyDictionary<string, long> GetCounters() => new Dictionary<string, long>();

    public bool TryRing(ulong address)
    {
        bool found = _doorbells.TryGetValue(address, out EventDescriptor? bell);
        bell?.Signal();
        return found;
    }

    protected override void Dispose(bool disposing)
    {
        Memory.Dispose();
        Clock.Dispose();
    }

    private sealed class Source(FakePartition owner) : MessageInterrupt
    {
        private MsiMessage _message;

        public override void Configure(MsiMessage message) => _message = message;

        public override void Signal() => owner.SendMessage(_message);
    }
}
