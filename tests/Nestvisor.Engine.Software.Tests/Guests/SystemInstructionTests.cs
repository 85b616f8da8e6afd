using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

public sealed class SystemInstructionTests
{
    [Fact]
    public void Lmsw_InLongMode_SetsTaskSwitched()
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            a.mov(rax, cr0);
            a.or(eax, 8);
            a.db(0x0F, 0x01, 0xF0);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.NotEqual(0UL, guest.Processor.GetState().Cr0 & Cr0.TS);
    }

    [Theory]
    [InlineData(true, 0xFF)]
    [InlineData(false, 0)]
    public void Salc_Carry_FillsAl(bool carry, byte expected)
    {
        using BareGuest guest = new();
        ProcessorState state = BareGuest.EntryState();
        state.Segments[1] = new SegmentState(BareGuest.CodeSelector, 0xC9B, uint.MaxValue, 0);
        state.Gpr[0] = 0x1234_5655;
        guest.Processor.SetState(state);
        guest.Assemble(
            BareGuest.Code,
            a =>
            {
                a.db(carry ? (byte)0xF9 : (byte)0xF8, 0xD6);
                BareGuest.Stop(a);
            },
            bitness: 32);
        guest.Run();
        Assert.Equal(0x1234_5600UL | expected, guest.Processor.GetState().Gpr[0]);
    }

    [Fact]
    public void Cpuid_Topology_TellsTheApicId()
    {
        using BareGuest guest = new(SoftwareProfiles.Amd(4, exposeVirtualizationExtensions: false));
        Assert.Equal(1u, guest.Processor.Cpuid(0xB, 0).Ebx);
        CpuidResult cores = guest.Processor.Cpuid(0xB, 1);
        Assert.Equal((2u, 4u, 0x201u, 0u), (cores.Eax, cores.Ebx, cores.Ecx, cores.Edx));
        Assert.Equal(2u, guest.Processor.Cpuid(0xB, 2).Ecx);
    }

    /// <summary>VirtualBox's driver reads both on each AMD processor that has SVM, and does not expect an exception.</summary>
    [Theory]
    [InlineData(Msr.SmmAddr)]
    [InlineData(Msr.SmmMask)]
    public void SmmRegisters_ReadAndWritten_AreThatOfAProcessorThatFirmwareHasLocked(uint msr)
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            a.mov(ecx, unchecked((int)msr));
            a.mov(eax, 3);
            a.mov(edx, 1);
            a.wrmsr();
            a.rdmsr();
            a.mov(ebx, eax);
            a.or(ebx, edx);
            a.mov(ecx, unchecked((int)Msr.HwCr));
            a.rdmsr();
            a.and(eax, ~1);
            a.wrmsr();
            a.rdmsr();
            BareGuest.Stop(a);
        });

        Assert.Equal(-1, guest.UnexpectedVector);
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(0UL, state.Gpr[3]);
        Assert.True(guest.Processor.TryReadMsr(Msr.HwCr, out ulong hwcr));
        Assert.Equal(1UL, hwcr & 1);
    }

    [Fact]
    public void Nmi_ManyWhileBlocked_OneIsLatched()
    {
        const ulong Handler = 0x11_0000;
        const ulong Count = 0x13_0000;
        using BareGuest guest = new();
        Assert.True(guest.Processor.TryWriteMsr(Msr.ApicBase, 0xFEE0_0D00));
        guest.Assemble(Handler, a =>
        {
            // The first one sends three more to its own processor.
            Iced.Intel.Label done = a.CreateLabel();
            a.inc(__qword_ptr[(long)Count]);
            a.cmp(__qword_ptr[(long)Count], 1);
            a.jne(done);
            for (int i = 0; i < 3; i++)
            {
                a.wrmsr();
            }

            a.Label(ref done);
            a.iretq();
        });
        guest.SetGate(2, Handler);
        guest.Run(a =>
        {
            a.mov(ecx, 0x830);
            a.xor(edx, edx);
            a.mov(eax, 0x400);
            a.wrmsr();
            for (int i = 0; i < 20; i++)
            {
                a.nop();
                a.cpuid();
            }

            BareGuest.Stop(a);
        });
        Assert.Equal(2UL, guest.Read(Count));
    }
}
