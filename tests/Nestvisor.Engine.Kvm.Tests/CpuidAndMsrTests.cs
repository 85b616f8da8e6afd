using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

public sealed class CpuidAndMsrTests
{
    [Fact]
    public void HostProfile_NotExposed_HasNoVirtualizationExtensions()
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.Usable, "KVM cannot be used here: " + string.Join(' ', report.Reasons));

        CpuProfile profile = KvmHostProfile.Read(exposeVirtualizationExtensions: false);

        Assert.False(profile.HasSvm);
        Assert.Equal(0u, profile[1, 0].Ecx & (1 << 5));
        Assert.Equal(default, profile[0x8000_000A, 0]);
    }

    [Fact]
    public void HostProfile_Always_HasKvmLeafAndOnlyCarriedState()
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.Usable, "KVM cannot be used here: " + string.Join(' ', report.Reasons));

        CpuProfile profile = KvmHostProfile.Read(exposeVirtualizationExtensions: true);

        Assert.Equal(0x4B4D_564Bu, profile[0x4000_0000, 0].Ebx);
        Assert.Equal(0u, profile[0xD, 0].Eax & ~0x207u);
        Assert.Equal(0u, profile[7, 0].Ebx & (1 << 16));
        Assert.Equal(default, profile[0xA, 0]);
    }

    [Theory]
    [InlineData(1u, 0u)]
    [InlineData(2u, 1u)]
    [InlineData(4u, 3u)]
    [InlineData(16u, 15u)]
    public void Build_Topology_IsOnePackageOfCores(uint count, uint id)
    {
        Dictionary<(uint, uint), CpuidResult> leaves = new()
        {
            [(0, 0)] = new CpuidResult(0xB, 0x6874_7541, 0x444D_4163, 0x6974_6E65),
            [(1, 0)] = new CpuidResult(0xA10F11, 0x7700_0800, 0, 1 << 28),
            [(0x8000_0008, 0)] = new CpuidResult(0x3030, 0, 0x7001, 0),
        };

        Dictionary<(uint, uint), CpuidResult> built = KvmCpuid.Build(new CpuProfile("test", CpuVendor.Amd, leaves), id, count, 2_000_000)
            .ToDictionary(leaf => (leaf.Leaf, leaf.Subleaf), leaf => leaf.Value);

        Assert.Equal((id << 24) | (count << 16) | 0x800, built[(1, 0)].Ebx);
        Assert.Equal(count > 1, (built[(1, 0)].Edx & (1 << 28)) != 0);
        Assert.Equal(count, built[(0xB, 1)].Ebx);
        Assert.Equal(id, built[(0xB, 0)].Edx);
        Assert.Equal(count - 1, built[(0x8000_0008, 0)].Ecx & 0xFF);
    }

    /// <summary>A machine that was saved on one core must be able to go on on another.</summary>
    [Fact]
    public void HostProfile_Always_TellsNothingOfTheProcessorThatReadIt()
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.Usable, "KVM cannot be used here: " + string.Join(' ', report.Reasons));

        CpuProfile profile = KvmHostProfile.Read(exposeVirtualizationExtensions: true);

        Assert.Equal(0u, profile[1, 0].Ebx >> 16);
        Assert.Equal(0u, profile[0xB, 0].Edx);
        Assert.Equal(0u, profile[0x1F, 0].Edx);
        Assert.Equal(default, profile[0x8000_001E, 0]);
    }

    [Fact]
    public void HostProfile_Always_SaysThatThereIsAHypervisor()
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.Usable, "KVM cannot be used here: " + string.Join(' ', report.Reasons));

        CpuProfile profile = KvmHostProfile.Read(exposeVirtualizationExtensions: false);

        Assert.NotEqual(0u, profile[1, 0].Ecx & (1u << 31));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ShowHypervisor_KvmDoesNotSayIt_SetsBits(bool deadlineTimer)
    {
        Dictionary<(uint, uint), CpuidResult> leaves = new() { [(1, 0)] = new CpuidResult(0xA10F11, 0, 0x2000, 0x078B_FBFF) };

        KvmHostProfile.ShowHypervisor(leaves, deadlineTimer);

        Assert.Equal(new CpuidResult(0xA10F11, 0, deadlineTimer ? 0x8100_2000 : 0x8000_2000, 0x078B_FBFF), leaves[(1, 0)]);
    }

    [Theory]
    [InlineData(CpuVendor.Amd, true)]
    [InlineData(CpuVendor.Intel, false)]
    public void ShowCaches_KvmDoesNotSayThem_TakesTheHosts(CpuVendor vendor, bool taken)
    {
        CpuidResult ofHost = new(0, 0, 0x2008_0140, 0x2008_0140);
        Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves = [];

        KvmHostProfile.ShowCaches(leaves, vendor, ofHost);

        Assert.Equal(taken, leaves.TryGetValue((0x8000_0005, 0), out CpuidResult caches));
        Assert.Equal(taken ? ofHost : default, caches);
    }

    [Fact]
    public void ShowCaches_KvmSaysThem_KeepsThem()
    {
        CpuidResult ofKvm = new(1, 2, 3, 4);
        Dictionary<(uint Leaf, uint Subleaf), CpuidResult> leaves = new() { [(0x8000_0005, 0)] = ofKvm };

        KvmHostProfile.ShowCaches(leaves, CpuVendor.Amd, new CpuidResult(0, 0, 0x2008_0140, 0x2008_0140));

        Assert.Equal(ofKvm, leaves[(0x8000_0005, 0)]);
    }

    [Fact]
    public void Build_KvmLeaves_TellTheFrequencies()
    {
        Dictionary<(uint, uint), CpuidResult> leaves = new()
        {
            [(0, 0)] = new CpuidResult(1, 0x6874_7541, 0x444D_4163, 0x6974_6E65),
            [(0x4000_0000, 0)] = new CpuidResult(0x4000_0001, 0x4B4D_564B, 0x564B_4D56, 0x4D),
            [(0x4000_0001, 0)] = new CpuidResult(0x0100_000B, 0, 0, 0),
        };

        Dictionary<(uint, uint), CpuidResult> built = KvmCpuid.Build(new CpuProfile("test", CpuVendor.Amd, leaves), 0, 1, 2_596_142)
            .ToDictionary(leaf => (leaf.Leaf, leaf.Subleaf), leaf => leaf.Value);

        Assert.Equal(new CpuidResult(0x4000_0010, 0x4B4D_564B, 0x564B_4D56, 0x4D), built[(0x4000_0000, 0)]);
        Assert.Equal(leaves[(0x4000_0001, 0)], built[(0x4000_0001, 0)]);
        Assert.Equal(new CpuidResult(2_596_142, 1_000_000, 0, 0), built[(0x4000_0010, 0)]);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x4000_0000u)]
    [InlineData(0x4000_0010u)]
    public void Guest_Cpuid_FindsHypervisorAndFrequency(uint leaf)
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(eax, leaf);
            a.xor(ecx, ecx);
            a.cpuid();
            if (leaf == 1)
            {
                a.mov(eax, ecx);
                a.shr(eax, 31);
            }

            KvmGuest.Exit(a);
        });
        uint expected = leaf switch
        {
            1 => 1,
            0x4000_0000 => 0x4000_0010,
            _ => (uint)(guest.Partition.TscFrequency / 1000),
        };

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(expected, guest.Bus.ExitValue);
    }

    [Fact]
    public void Msr_Registered_ReachesHandler()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(ecx, 0x4000_0000);
            a.rdmsr();
            a.inc(eax);
            a.wrmsr();
            KvmGuest.Exit(a);
        });
        Handler handler = new();
        guest.Partition.RegisterMsrs(0x4000_0000, 0x4000_00FF, handler);

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(0x0000_0001_0000_0042ul, handler.Value);
    }

    [Fact]
    public void Msr_Unknown_IsGeneralProtection()
    {
        using KvmGuest guest = new(a =>
        {
            a.mov(ecx, 0xDEAD);
            a.rdmsr();
            a.xor(eax, eax);
            KvmGuest.Exit(a);
        });
        guest.SetHandler(13, a =>
        {
            a.mov(eax, 0x6B);
            KvmGuest.Exit(a);
        });

        Assert.Equal(RunResult.Stopped, guest.Run());
        Assert.Equal(0x6Bu, guest.Bus.ExitValue);
    }

    [Fact]
    public void Counters_AfterRun_CountPortExitsAndVmruns()
    {
        using KvmGuest guest = new(KvmGuest.Exit);
        Assert.Equal(RunResult.Stopped, guest.Run());

        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();

        Assert.Equal(1, counters["portExits"]);
        Assert.Equal(0, counters["vmrun"]);
    }

    private sealed class Handler : IMsrHandler
    {
        public ulong Value { get; private set; }

        public bool TryRead(int processor, uint msr, out ulong value)
        {
            value = 0x0000_0001_0000_0041;
            return true;
        }

        public bool TryWrite(int processor, uint msr, ulong value)
        {
            Value = value;
            return true;
        }
    }
}
