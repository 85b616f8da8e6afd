using Nestvisor.Platform;
using Nestvisor.X64;

namespace Nestvisor.Virtualization;

/// <summary>One virtual machine as an engine sees it: memory, processors with their local APICs, and a clock.</summary>
public abstract class Partition : IDisposable
{
    private readonly List<(uint First, uint Last, IMsrHandler Handler)> _msrHandlers = [];

    /// <summary>Creates the parts that both engines share.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="clock">The guest's clock.</param>
    /// <param name="profile">What CPUID says.</param>
    protected Partition(GuestMemory memory, VmClock clock, CpuProfile profile)
    {
        Memory = memory;
        Clock = clock;
        Profile = profile;
    }

    /// <summary>Name of the engine: <c>Kvm</c> or <c>Software</c>.</summary>
    public abstract string EngineName { get; }

    /// <summary>The guest's memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The guest's clock.</summary>
    public VmClock Clock { get; }

    /// <summary>What CPUID says in this partition.</summary>
    public CpuProfile Profile { get; }

    /// <summary>The processors; the bootstrap processor first.</summary>
    public abstract IReadOnlyList<VirtualProcessor> Processors { get; }

    /// <summary>Frequency of the time-stamp counter, in Hz.</summary>
    public abstract ulong TscFrequency { get; }

    /// <summary>Sends a message-signalled interrupt once. Safe from any thread.</summary>
    /// <param name="message">The message.</param>
    public abstract void SendMessage(MsiMessage message);

    /// <summary>Creates a source of message-signalled interrupts.</summary>
    /// <returns>The source; it sends nothing until it is configured.</returns>
    public abstract MessageInterrupt CreateMessageInterrupt();

    /// <summary>Drives the INTR line of the 8259A pair into LINT0 of the bootstrap processor. Safe from any thread.</summary>
    /// <param name="asserted">The line's level.</param>
    public abstract void SetExternalInterrupt(bool asserted);

    /// <summary>
    /// Tells the engine which vectors the IOAPIC uses for level-triggered interrupts, so that their EOIs reach
    /// <see cref="IMachineBus.EndOfInterrupt"/>. Called by the IOAPIC when a redirection entry changes.
    /// </summary>
    /// <param name="routes">The messages of all unmasked redirection entries, by pin; default where masked.</param>
    public virtual void SetIoApicRoutes(ReadOnlySpan<MsiMessage> routes)
    {
    }

    /// <summary>
    /// Registers a doorbell: a write of any size to <paramref name="address"/> sets <paramref name="bell"/> instead of reaching
    /// the bus (ioeventfd). The written value is not passed on.
    /// </summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="bell">What to set; it must stay open as long as the doorbell.</param>
    /// <returns>Dispose it to take the doorbell away.</returns>
    public abstract IDisposable RegisterDoorbell(ulong address, EventDescriptor bell);

    /// <summary>Registers synthetic MSRs.</summary>
    /// <param name="first">First MSR number.</param>
    /// <param name="last">Last MSR number.</param>
    /// <param name="handler">Who answers for them.</param>
    public void RegisterMsrs(uint first, uint last, IMsrHandler handler) => _msrHandlers.Add((first, last, handler));

    /// <summary>The ranges of synthetic MSRs that were registered, for an engine that must ask the host to pass them on.</summary>
    protected IReadOnlyList<(uint First, uint Last)> MsrRanges => [.. _msrHandlers.Select(entry => (entry.First, entry.Last))];

    /// <summary>Finds the handler of a synthetic MSR.</summary>
    /// <param name="msr">MSR number.</param>
    /// <returns>The handler, or null.</returns>
    public IMsrHandler? FindMsrHandler(uint msr)
    {
        foreach ((uint first, uint last, IMsrHandler handler) in _msrHandlers)
        {
            if (msr >= first && msr <= last)
            {
                return handler;
            }
        }

        return null;
    }

    /// <summary>Reads the engine's counters, such as <c>vmrun</c> (world switches into a nested guest).</summary>
    /// <returns>Name and value of each counter.</returns>
    public abstract IReadOnlyDictionary<string, long> GetCounters();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the engine holds. Only when no processor runs.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
