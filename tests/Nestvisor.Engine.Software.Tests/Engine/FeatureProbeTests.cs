using System.Globalization;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>What CPUID says is there works, and what it does not say is not there.</summary>
public sealed class FeatureProbeTests
{
    private static readonly CpuProfile s_profile = SoftwareProfiles.Amd(2, exposeVirtualizationExtensions: true);

    private static readonly (uint Leaf, uint Subleaf, string Registers)[] s_words =
    [
        (1, 0, "ecx edx"), (7, 0, "ebx ecx edx"), (7, 1, "eax"), (0xD, 1, "eax"), (0x8000_0001, 0, "ecx edx"), (0x8000_0007, 0, "edx"),
        (0x8000_0008, 0, "ebx"), (0x8000_000A, 0, "edx"), (0x8000_0021, 0, "eax ecx"),
    ];

    public static TheoryData<string> Advertised => new(Bits().Select(b => b.Name));

    [Fact]
    public void AdvertisedBits_EachOne_HasAProbe()
    {
        Assert.DoesNotContain(Bits(), b => b.Probe is null);
        Assert.True(Bits().Count() > 80, $"{Bits().Count()} bits");
    }

    [Theory]
    [MemberData(nameof(Advertised))]
    public void AdvertisedBit_Probe_Executes(string name)
    {
        FeatureProbe probe = FeatureProbes.All[name];
        Assert.Equal((name, -1), (name, Run(s_profile, probe)));
    }

    [Theory]
    [MemberData(nameof(Advertised))]
    public void MaskedBit_Probe_IsRefused(string name)
    {
        FeatureProbe probe = FeatureProbes.All[name];
        CpuProfile masked = CpuFeatureMask.Without(s_profile, [name]);
        Assert.Equal((name, probe.Masked), (name, Run(masked, probe)));
    }

    private static int Run(CpuProfile profile, FeatureProbe probe)
    {
        using BareGuest guest = new(profile);
        ProcessorState state = BareGuest.EntryState();
        state.Cr4 |= Cr4.OSXSAVE | Cr4.FSGSBASE | Cr4.OSXMMEXCPT;
        state.Xcr0 = 7;
        if (probe.Bitness == 32)
        {
            EnterLegacyMode(guest, state);
        }

        guest.Processor.SetState(state);
        guest.Assemble(
            BareGuest.Code,
            a =>
            {
                probe.Emit(a);
                BareGuest.Stop(a);
            },
            probe.Bitness);
        RunResult result = guest.Run();
        Assert.Equal(RunResult.Stopped, result);
        return guest.UnexpectedVector;
    }

    // Flat protected mode without paging, and gates of that mode to the same handlers, whose bytes mean the same there.
    private static void EnterLegacyMode(BareGuest guest, ProcessorState state)
    {
        const ulong Gdt = 0x9_8000;
        const ulong Idt = 0x9_9000;
        guest.Write(Gdt + BareGuest.CodeSelector, 0x00CF_9B00_0000_FFFF);
        guest.Write(Gdt + BareGuest.DataSelector, 0x00CF_9300_0000_FFFF);
        for (ulong vector = 0; vector < 32; vector++)
        {
            guest.Write(Idt + (vector * 8), (BareGuest.Stubs + (vector * 16)) | ((ulong)BareGuest.CodeSelector << 16) | (0x8E00UL << 32));
        }

        state.Cr0 &= ~Cr0.PG;
        state.Efer = 0;
        state.GdtrBase = Gdt;
        state.IdtrBase = Idt;
        state.Segments[1] = new SegmentState(BareGuest.CodeSelector, 0xC9B, uint.MaxValue, 0);
    }

    // Every bit that is set, with the name under which it has a probe.
    private static IEnumerable<(string Name, FeatureProbe? Probe)> Bits()
    {
        foreach ((uint leaf, uint subleaf, string registers) in s_words)
        {
            foreach (string register in registers.Split(' '))
            {
                CpuidResult result = s_profile[leaf, subleaf];
                uint value = register switch
                {
                    "eax" => result.Eax,
                    "ebx" => result.Ebx,
                    "ecx" => result.Ecx,
                    _ => result.Edx,
                };
                for (int bit = 0; bit < 32; bit++)
                {
                    if ((value & (1u << bit)) != 0)
                    {
                        yield return Find(string.Create(CultureInfo.InvariantCulture, $"{leaf:x}.{subleaf}.{register}.{bit}"));
                    }
                }
            }
        }
    }

    private static (string Name, FeatureProbe? Probe) Find(string place)
    {
        foreach ((string name, FeatureProbe probe) in FeatureProbes.All)
        {
            if (CpuFeatureMask.Find(name) == CpuFeatureMask.Find(place))
            {
                return (name, probe);
            }
        }

        return (place, null);
    }
}
