using System.Globalization;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.Apic;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Inspection;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.Paravirtual;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>A partition of the software engine: processors that are interpreted, with local APICs of our own.</summary>
public sealed class SoftwarePartition : Partition
{
    private readonly SoftwareProcessor[] _processors;
    private readonly ApicBus _apicBus = new();
    private readonly Dictionary<ulong, EventDescriptor> _doorbells = [];
    private readonly Lock _doorbellLock = new();
    private readonly int _cores = Environment.ProcessorCount;
    private readonly TimeSampler _times;
    private SoftwareProcessor? _exclusive;

    // Who wants the memory for itself takes a number, so that each gets it: one that asks again and again cannot keep it.
    private long _turnsTaken;
    private long _turn = 1;
    private int _awake;

    private SoftwarePartition(GuestMemory memory, VmClock clock, CpuProfile profile, int processors, SoftwareEngineOptions options)
        : base(memory, clock, profile)
    {
        Options = options;
        Translates = options.TranslateAfter != SoftwareEngineOptions.Never && Translation.RecipeTable.HostServes;
        Watch = OpenWatch(options);
        if (options.Compared != ComparedCode.None && !Translates)
        {
            throw new ArgumentException(
                options.TranslateAfter == SoftwareEngineOptions.Never
                    ? "There are no tiers to compare, because code is to be interpreted only. Let the engine translate."
                    : "There are no tiers to compare, because this host does not let the engine translate: programs may not write the GS base here (FSGSBASE).",
                nameof(options));
        }

        TranslateAfter = Translates ? options.TranslateAfter : -1;
        // The worker locks itself down afterwards and can then make no executable mapping.
        Native.NativeStubs.Reserve();
        Codes = CodeFilter.Create(profile);
        Code = new CodePages(this, memory);
        memory.SetObserver(Code);
        PvClock = new PvClock(memory, clock, processors, TimeProvider.System);
        RegisterMsrs(Msr.KvmWallClock, Msr.KvmSystemTime, PvClock);
        _processors = new SoftwareProcessor[processors];
        for (int i = 0; i < processors; i++)
        {
            _processors[i] = new SoftwareProcessor(this, i, _apicBus);
        }

        _times = new TimeSampler(this);
    }

    /// <inheritdoc/>
    public override string EngineName => "Software";

    /// <inheritdoc/>
    public override IReadOnlyList<VirtualProcessor> Processors => _processors;

    /// <inheritdoc/>
    public override ulong TscFrequency => CpuLimits.TickFrequency;

    /// <summary>The processors, as what they are.</summary>
    internal SoftwareProcessor[] All => _processors;

    /// <summary>The pages that hold decoded code.</summary>
    internal CodePages Code { get; }

    /// <summary>KVM's paravirtual clock.</summary>
    internal PvClock PvClock { get; }

    /// <summary>How code is run.</summary>
    internal SoftwareEngineOptions Options { get; }

    /// <summary>Whether hot code is translated to native code.</summary>
    internal bool Translates { get; }

    /// <summary>How often a block is interpreted before it is translated; -1 if never.</summary>
    internal int TranslateAfter { get; }

    /// <summary>What writes down what is translated; null if nobody asked for it.</summary>
    internal TranslationWatch? Watch { get; }

    /// <summary>The instructions that the profile has.</summary>
    internal CodeFilter Codes { get; }

    /// <summary>Whether more processors run than the host has cores.</summary>
    internal bool IsCrowded => Volatile.Read(ref _awake) > _cores;

    /// <summary>Whether a processor runs that is not in HLT.</summary>
    internal bool IsAnyAwake => Volatile.Read(ref _awake) != 0;

    /// <summary>Whether the host has a core for a processor that sleeps to spin on.</summary>
    internal bool HasIdleCore => Volatile.Read(ref _awake) < _cores;

    /// <summary>Creates a partition.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="clock">The guest's clock.</param>
    /// <param name="profile">What CPUID says; see <see cref="SoftwareProfiles"/>.</param>
    /// <param name="processors">Number of processors, 1 to <see cref="MaximumProcessors"/>.</param>
    /// <returns>The partition.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of processors is out of range.</exception>
    public static SoftwarePartition Create(GuestMemory memory, VmClock clock, CpuProfile profile, int processors) =>
        Create(memory, clock, profile, processors, new SoftwareEngineOptions());

    /// <summary>Creates a partition.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="clock">The guest's clock.</param>
    /// <param name="profile">What CPUID says; see <see cref="SoftwareProfiles"/>.</param>
    /// <param name="processors">Number of processors, 1 to <see cref="MaximumProcessors"/>.</param>
    /// <param name="options">How code is run.</param>
    /// <returns>The partition.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of processors is out of range.</exception>
    /// <exception cref="ArgumentException">The options ask for files about translations or a comparison, and nothing can be translated.</exception>
    /// <exception cref="IOException">A file of the options cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A file of the options may not be opened.</exception>
    public static SoftwarePartition Create(GuestMemory memory, VmClock clock, CpuProfile profile, int processors, SoftwareEngineOptions options)
    {
        if (processors is < 1 or > MaximumProcessors)
        {
            throw new ArgumentOutOfRangeException(
                nameof(processors),
                processors,
                string.Create(CultureInfo.InvariantCulture, $"The software engine runs 1 to {MaximumProcessors} processors."));
        }

        // Executable memory is made now: a process that has locked itself down makes no more.
        RuntimeHelpers.RunClassConstructor(typeof(NativeStubs).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(CompareExchange128).TypeHandle);
        return new SoftwarePartition(memory, clock, profile, processors, options);
    }

    /// <summary>The most processors that a partition can have.</summary>
    public const int MaximumProcessors = 16;

    /// <inheritdoc/>
    public override void SendMessage(MsiMessage message) => _apicBus.Send(message);

    /// <inheritdoc/>
    public override MessageInterrupt CreateMessageInterrupt() => new SoftwareMessageInterrupt(_apicBus);

    /// <inheritdoc/>
    public override void SetExternalInterrupt(bool asserted) => _processors[0].Apic.SetExternalInterrupt(asserted);

    /// <inheritdoc/>
    public override IDisposable RegisterDoorbell(ulong address, EventDescriptor bell)
    {
        lock (_doorbellLock)
        {
            _doorbells.Add(address, bell);
        }

        return new Doorbell(this, address);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> GetCounters()
    {
        SortedDictionary<string, long> counters = new(StringComparer.Ordinal);
        foreach (SoftwareProcessor processor in _processors)
        {
            processor.AddCounters(counters);
        }

        return counters;
    }

    /// <summary>A processor begins to run, or has something to do again.</summary>
    internal void WakeUp()
    {
        Interlocked.Increment(ref _awake);
        _times.NoteAwake();
    }

    /// <summary>A processor has nothing to do any more.</summary>
    internal void FallAsleep() => Interlocked.Decrement(ref _awake);

    /// <summary>Rings the doorbell at an address, if there is one.</summary>
    internal bool Ring(ulong address)
    {
        // Set within the lock: who takes the doorbell away may close the event then.
        lock (_doorbellLock)
        {
            if (_doorbells.Count == 0 || !_doorbells.TryGetValue(address, out EventDescriptor? bell))
            {
                return false;
            }

            bell.Signal();
            return true;
        }
    }

    /// <summary>Makes all processors but one drop their write entries of a page, and waits until they have.</summary>
    internal void DropWriteEntries(ulong page, SoftwareProcessor by)
    {
        by.DropWriteEntries(page);
        if (_processors.Length == 1)
        {
            return;
        }

        // While this one waits it is outside itself: two processors may wait for each other.
        // All are asked before any is waited for: one that the host does not run now delays only once.
        by.LeaveGuest();
        Span<long> tickets = stackalloc long[MaximumProcessors];
        foreach (SoftwareProcessor processor in _processors)
        {
            tickets[processor.Index] = processor == by ? 0 : processor.PostWriteDrop(page);
        }

        SpinWait spin = default;
        foreach (SoftwareProcessor processor in _processors)
        {
            while (processor != by && !processor.HasDroppedWrites(tickets[processor.Index]))
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        by.EnterGuest();
    }

    /// <summary>Whether a processor has to stay outside because another one needs the memory for itself.</summary>
    internal bool IsHeldFor(SoftwareProcessor processor) =>
        Volatile.Read(ref _exclusive) is { } owner && owner != processor;

    /// <summary>Whether it is the turn of a number to have the memory for itself.</summary>
    internal bool IsTurn(long turn) => Volatile.Read(ref _turn) == turn;

    /// <summary>
    /// Stops all other processors until <see cref="EndExclusive"/>: for a locked operation on bytes that no single host
    /// instruction can change, such as ones on two pages that are no neighbours here.
    /// </summary>
    internal void BeginExclusive(SoftwareProcessor by)
    {
        if (_processors.Length == 1)
        {
            return;
        }

        by.LeaveGuest();
        by.WaitForTurn(Interlocked.Increment(ref _turnsTaken));
        Volatile.Write(ref _exclusive, by);
        Interlocked.MemoryBarrier();

        // One that is outside, such as in HLT, stays there by itself: it looks at the owner after it has entered.
        foreach (SoftwareProcessor processor in _processors)
        {
            if (processor != by && !processor.IsOutside)
            {
                processor.Nudge();
            }
        }

        SpinWait spin = default;
        foreach (SoftwareProcessor processor in _processors)
        {
            while (processor != by && !processor.IsOutside)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        by.EnterGuest();
    }

    /// <summary>Lets the other processors go on.</summary>
    internal void EndExclusive(SoftwareProcessor by)
    {
        if (_exclusive != by)
        {
            return;
        }

        Volatile.Write(ref _exclusive, null);
        Interlocked.Increment(ref _turn);
        foreach (SoftwareProcessor processor in _processors)
        {
            processor.Release();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _times.Dispose();
        foreach (SoftwareProcessor processor in _processors)
        {
            processor.Dispose();
        }

        Code.Dispose();
        Watch?.Dispose();
    }

    private TranslationWatch? OpenWatch(SoftwareEngineOptions options)
    {
        if (Translates || !options.AsksForFiles)
        {
            return TranslationWatch.Open(options, BlockDecoder.OptionsFor(Profile));
        }

        throw new ArgumentException(
            options.TranslateAfter == SoftwareEngineOptions.Never
                ? "Nothing is translated that could be looked into, because code is to be interpreted only. Let the engine translate."
                : "Nothing is translated that could be looked into, because this host does not let the engine translate: programs may not write the GS base here (FSGSBASE).",
            nameof(options));
    }

    private sealed class Doorbell(SoftwarePartition partition, ulong address) : IDisposable
    {
        public void Dispose()
        {
            lock (partition._doorbellLock)
            {
                partition._doorbells.Remove(address);
            }
        }
    }
}
