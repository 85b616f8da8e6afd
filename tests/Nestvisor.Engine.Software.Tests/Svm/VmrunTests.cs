using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

public sealed class VmrunTests
{
    [Fact]
    public void Vmrun_GuestCallsOut_ExitsWithItsState()
    {
        using NestedGuest n = new();
        SvmExitCode code = n.Enter(a =>
        {
            a.mov(rax, 0x1234_5678_9ABC_DEF0);
            a.mov(rsp, 0x7_0000);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(SvmExitCode.Vmmcall, code);
        Assert.Equal(0x1234_5678_9ABC_DEF0UL, n[VmcbOffsets.Rax]);
        Assert.Equal(0x7_0000UL, n[VmcbOffsets.Rsp]);
        Assert.Equal(NestedGuest.GuestCode + 20, n.Rip);
        Assert.Equal(n.Rip + 3, n[VmcbOffsets.NextRip]);
        Assert.Equal(1, n.Guest.Partition.GetCounters()["vmrun"]);
    }

    [Fact]
    public void Vmrun_ManyTimes_GuestRunsOnWhereItWas()
    {
        using NestedGuest n = new();
        n.Code(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.inc(rbx);
            NestedGuest.Vmmcall(a);
            a.jmp(again);
        });
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
            n[VmcbOffsets.Rip] = n[VmcbOffsets.NextRip];
        }

        Assert.Equal(50UL, n.Guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Vmrun_Exit_HostStateIsBack()
    {
        using NestedGuest n = new();
        n.Enter(a =>
        {
            a.xor(esp, esp);
            a.mov(rax, cr4);
            a.xor(rax, (int)Cr4.PGE);
            a.mov(cr4, rax);
            a.mov(eax, 0);
            a.mov(ds, eax);
            a.hlt();
        });
        ProcessorState state = n.Guest.Processor.GetState();
        Assert.Equal(BareGuest.EntryState().Cr4, state.Cr4);
        Assert.Equal(BareGuest.StackTop, state.Gpr[4]);
        Assert.Equal(BareGuest.DataSelector, state.Segments[3].Selector);
        Assert.Equal(0x400UL, state.Dr[7]);
    }

    public static TheoryData<string, int, ulong> BadFields => new()
    {
        { "EFER.SVME clear", VmcbOffsets.Efer, Efer.LME | Efer.LMA },
        { "EFER reserved bit", VmcbOffsets.Efer, Efer.LME | Efer.LMA | Efer.SVME | (1UL << 9) },
        { "CR0.NW without CD", VmcbOffsets.Cr0, Cr0.PE | Cr0.PG | Cr0.NW },
        { "CR0 above bit 31", VmcbOffsets.Cr0, Cr0.PE | Cr0.PG | (1UL << 32) },
        { "CR0.PG without PE in long mode", VmcbOffsets.Cr0, Cr0.PG },
        { "CR3 above the physical address", VmcbOffsets.Cr3, 1UL << 48 },
        { "CR4 reserved bit", VmcbOffsets.Cr4, Cr4.PAE | (1UL << 15) },
        { "CR4.PAE clear in long mode", VmcbOffsets.Cr4, 0 },
        { "DR6 above bit 31", VmcbOffsets.Dr6, 1UL << 32 },
        { "DR7 above bit 31", VmcbOffsets.Dr7, 1UL << 32 },
        { "ASID 0", VmcbOffsets.GuestAsid, 0 },
        { "VMRUN not intercepted", VmcbOffsets.InterceptMisc2, 2 },
        { "MSR map too high", VmcbOffsets.MsrpmBasePa, (1UL << 48) - 0x1000 },
        { "Port map too high", VmcbOffsets.IopmBasePa, (1UL << 48) - 0x2000 },
        { "Event of type 1", VmcbOffsets.EventInjection, SvmEvent.Valid | (1 << 8) },
        { "Event of type 5", VmcbOffsets.EventInjection, SvmEvent.Valid | (5 << 8) },
        { "Exception 2", VmcbOffsets.EventInjection, SvmEvent.Valid | SvmEvent.TypeException | 2 },
        { "Exception 32", VmcbOffsets.EventInjection, SvmEvent.Valid | SvmEvent.TypeException | 32 },
        { "64-bit and 32-bit code at once", VmcbOffsets.Cs, 0xFFFF_FFFF_0E9B_0008 },
        { "Virtual NMI without NMI intercept", VmcbOffsets.VirtualInterrupt, VirtualInterrupt.NmiEnable },
        { "TLB_CONTROL 2", VmcbOffsets.GuestAsid, (2UL << 32) | 1 },
    };

    [Theory]
    [MemberData(nameof(BadFields))]
    public void Vmrun_IllegalState_ExitsAsInvalidAndChangesNothing(string what, int offset, ulong value)
    {
        using NestedGuest n = new();
        n.Code(a => NestedGuest.Vmmcall(a));
        n[offset] = value;
        Assert.Equal((SvmExitCode.Invalid, what), (n.Enter(), what));
        Assert.Equal(ulong.MaxValue, n[VmcbOffsets.ExitCode]);
        Assert.Equal(NestedGuest.GuestCode, n.Rip);
        Assert.False(n.Guest.Processor.InGuestMode);
    }

    [Theory]
    [InlineData(0x123UL)]
    [InlineData(1UL << 48)]
    public void Vmrun_BadAddress_IsGeneralProtection(ulong address)
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            a.mov(ecx, unchecked((int)Msr.Efer));
            a.rdmsr();
            a.or(eax, (int)Efer.SVME);
            a.wrmsr();
            a.mov(rax, address);
            NestedGuest.Vmrun(a);
            BareGuest.Stop(a);
        });
        Assert.Equal(13, guest.UnexpectedVector);
    }

    [Theory]
    [InlineData(0xD8)]
    [InlineData(0xD9)]
    [InlineData(0xDA)]
    [InlineData(0xDB)]
    [InlineData(0xDC)]
    [InlineData(0xDD)]
    [InlineData(0xDE)]
    [InlineData(0xDF)]
    public void SvmInstruction_ExtensionsOff_IsUndefined(byte third)
    {
        using BareGuest guest = new(SoftwareProfiles.Amd(1, exposeVirtualizationExtensions: false));
        guest.Run(a =>
        {
            a.db(0x0F, 0x01, third);
            BareGuest.Stop(a);
        });
        Assert.Equal(6, guest.UnexpectedVector);
    }

    [Fact]
    public void Efer_SvmeWithExtensionsOff_IsGeneralProtection()
    {
        using BareGuest guest = new(SoftwareProfiles.Amd(1, exposeVirtualizationExtensions: false));
        guest.Run(a =>
        {
            a.mov(ecx, unchecked((int)Msr.Efer));
            a.rdmsr();
            a.or(eax, (int)Efer.SVME);
            a.wrmsr();
            BareGuest.Stop(a);
        });
        Assert.Equal(13, guest.UnexpectedVector);
    }

    [Fact]
    public void Vmmcall_OutsideGuestMode_AnswersNoSuchCall()
    {
        using BareGuest guest = new();
        guest.Run(a =>
        {
            a.mov(eax, 3);
            NestedGuest.Vmmcall(a);
            BareGuest.Stop(a);
        });
        Assert.Equal(unchecked((ulong)-1000), guest.Processor.GetState().Gpr[0]);
    }

    [Fact]
    public void Vmmcall_InGuestNotIntercepted_IsUndefined()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptMisc2] = NestedGuest.Bit(SvmIntercept.Vmrun);
        n[VmcbOffsets.InterceptExceptions] = n[VmcbOffsets.InterceptExceptions] | (1 << 6);
        Assert.Equal(SvmExitCode.Exception0 + 6, n.Enter(a => NestedGuest.Vmmcall(a)));
    }
}
