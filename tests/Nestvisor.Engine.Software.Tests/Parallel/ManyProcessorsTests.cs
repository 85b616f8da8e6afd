using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Engine;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>As many processors as a partition can have.</summary>
[Collection(nameof(ParallelGuests))]
public sealed class ManyProcessorsTests
{
    private const int Most = SoftwarePartition.MaximumProcessors;
    private const byte StartVector = 0x30;
    private const ulong StartCode = (ulong)StartVector << 12;
    private const ulong Marks = StartCode + 0x100;
    private const byte Vector = 0x71;

    [Fact]
    public void Create_OneTooMany_IsRefused()
    {
        using GuestMemory memory = new(1 << 20);
        using VmClock clock = VmClock.CreateHost();

        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            () => SoftwarePartition.Create(memory, clock, SoftwareProfiles.Amd(Most + 1, false), Most + 1));

        Assert.Contains("1 to 16", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(16, 4)]
    public void Cpuid_Topology_IsOnePackageOfCores(int processors, int idBits)
    {
        using BareGuest guest = new(processors: processors);
        SoftwareProcessor last = guest.Partition.All[^1];

        Assert.Equal((processors << 16) | ((processors - 1) << 24), (int)(last.Cpuid(1, 0).Ebx & 0xFFFF_0000));
        Assert.Equal(processors > 1, (last.Cpuid(1, 0).Edx & (1u << 28)) != 0);
        Assert.Equal(new CpuidResult((uint)idBits, (uint)processors, 0x201, (uint)processors - 1), last.Cpuid(0xB, 1));
        Assert.Equal((uint)(processors - 1) | ((uint)idBits << 12), last.Cpuid(0x8000_0008, 0).Ecx);
    }

    /// <summary>INIT and SIPI to all others; each says by its APIC id that it runs, sleeps, and answers an interrupt to all.</summary>
    [Fact]
    public void Startup_InitAndSipiToAllOthers_StartsAllAndAllAnswerAnInterrupt()
    {
        using BareGuest guest = new(processors: Most);
        guest.Assemble(
            StartCode,
            a =>
            {
                a.mov(eax, 1);
                a.cpuid();
                a.shr(ebx, 24);

                // An APIC that is not enabled drops what it is sent: the mark comes behind.
                EngineGuests.EnableApic(a);
                a.mov(__byte_ptr.cs[bx + (short)(Marks - StartCode)], 1);
                a.sti();
                Label sleep = a.CreateLabel();
                a.Label(ref sleep);
                a.hlt();
                a.jmp(sleep);
            },
            bitness: 16);
        const ulong Handler = StartCode + 0x200;
        guest.Assemble(
            Handler,
            a =>
            {
                // WRMSR takes EAX, EBX keeps the id.
                a.mov(__byte_ptr.cs[bx + (short)(Marks - StartCode)], 2);
                EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
                a.iret();
            },
            bitness: 16);

        // The vector's entry of the table at 0 is the upper half of eight bytes.
        guest.Write(Vector * 4 & ~7UL, (guest.Read(Vector * 4 & ~7UL) & 0xFFFF_FFFF) | ((Handler - StartCode) << 32) | (StartCode >> 4 << 48));
        guest.Assemble(BareGuest.Code, a =>
        {
            EngineGuests.EnableApic(a);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x30, 0xC_4500);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x30, 0xC_4600 | StartVector);
            WaitForAll(a, 1);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x30, 0xC_4000 | Vector);
            WaitForAll(a, 2);
            BareGuest.Stop(a);
        });

        guest.RunAll();

        Assert.True(guest.Bus.Stopped);
        Assert.Equal(-1, guest.UnexpectedVector);
    }

    private static void WaitForAll(Assembler a, byte mark)
    {
        for (int i = 1; i < Most; i++)
        {
            Label wait = a.CreateLabel();
            Label there = a.CreateLabel();
            a.Label(ref wait);
            a.cmp(__byte_ptr[Marks + (ulong)i], mark);
            a.je(there);
            a.pause();
            a.jmp(wait);
            a.Label(ref there);
            a.nop();
        }
    }
}
