using Nestvisor.Engine.Software.Apic;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Apic;

/// <summary>Some local APICs on one bus, with a clock that the test moves.</summary>
internal sealed class ApicFixture : IDisposable
{
    public const ulong Enable = 0x800;
    public const ulong Extended = 0x400;

    public ApicFixture(int count = 1, bool enabled = true, bool x2Apic = true, bool tscDeadline = true)
    {
        Apics = new LocalApic[count];
        for (int i = 0; i < count; i++)
        {
            Apics[i] = new LocalApic((uint)i, i == 0, Clock, Bus, new ApicFeatures(x2Apic, tscDeadline, 40), () => Interlocked.Increment(ref Wakes));
            if (enabled)
            {
                Apics[i].Write(ApicRegister.SpuriousVector, 4, 0x1FF);
            }
        }
    }

    public int Wakes;

    public VmClock Clock { get; } = VmClock.CreateManual();

    public ApicBus Bus { get; } = new();

    public LocalApic[] Apics { get; }

    public LocalApic Apic => Apics[0];

    /// <summary>Acknowledges and ends all that can be delivered.</summary>
    public static List<int> Drain(LocalApic apic)
    {
        List<int> vectors = [];
        while (apic.HasPendingInterrupt && apic.Acknowledge() is >= 0 and int vector)
        {
            vectors.Add(vector);
            apic.EndOfInterrupt();
        }

        return vectors;
    }

    public static void EnterX2Apic(LocalApic apic) =>
        Assert.True(apic.TryWriteMsr(0x1B, LocalApic.DefaultBase | Enable | Extended));

    public static ulong ReadMsr(LocalApic apic, uint msr)
    {
        Assert.True(apic.TryReadMsr(msr, out ulong value), $"MSR {msr:X}h");
        return value;
    }

    public static uint Read(LocalApic apic, uint offset) => (uint)apic.Read(offset, 4);

    public static void SendIpi(LocalApic from, uint destination, uint command)
    {
        from.Write(ApicRegister.InterruptCommandHigh, 4, destination << 24);
        from.Write(ApicRegister.InterruptCommand, 4, command);
    }

    public void Dispose() => Clock.Dispose();
}
