using System.Buffers.Binary;
using Iced.Intel;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Kvm.Tests;

/// <summary>A guest that runs a guest of its own with AMD-V.</summary>
public sealed class NestedTests
{
    private const uint VmcbAddress = 0x1_0000;
    private const uint HostSaveAddress = 0x1_2000;
    private const uint NestedCode = 0x2_0000;
    private const uint NestedStack = 0x2_8000;
    private const uint PageDirectory = 0x3_0000;
    private const ushort NestedPort = 0x80;

    // Of VMMCALL (AMD APM vol. 2 appendix C), and its bit and VMRUN's in the second intercept vector.
    private const uint VmmcallExit = 0x81;
    private const uint VmrunAndVmmcall = 3;

    [Fact]
    public void Vmrun_NestedGuest_RunsAndIsCounted()
    {
        using KvmGuest guest = Create();

        Assert.Equal(RunResult.Stopped, guest.Run());

        Assert.Equal((VmmcallExit << 8) | 42, guest.Bus.ExitValue);
        Assert.Equal(1, guest.Partition.GetCounters()["vmrun"]);
    }

    [Fact]
    public void State_TakenInsideNestedGuest_RunsOnInFreshPartition()
    {
        using KvmGuest source = Create();
        source.Bus.StopPort = NestedPort;
        Assert.Equal(RunResult.Stopped, source.Run());
        ProcessorState saved = source.Processor.GetState();
        Assert.NotEmpty(saved.Nested);
        Assert.InRange(saved.Rip, NestedCode, NestedCode + 0x100);

        using KvmGuest target = Create();
        target.Processor.SetState(saved);

        // Not byte for byte: KVM does not take back what VMRUN does not save of the hypervisor, such as DR6.
        Assert.Equal(saved.Nested.Length, target.Processor.GetState().Nested.Length);

        Assert.Equal(RunResult.Stopped, target.Run());
        Assert.Equal((VmmcallExit << 8) | 42, target.Bus.ExitValue);
    }

    [Fact]
    public void Reset_InsideNestedGuest_LeavesGuestMode()
    {
        using KvmGuest guest = Create();
        guest.Bus.StopPort = NestedPort;
        Assert.Equal(RunResult.Stopped, guest.Run());
        guest.StopAll();

        guest.Processor.Reset();

        ProcessorState state = guest.Processor.GetState();
        Assert.Empty(state.Nested);
        Assert.Equal(0xFFF0ul, state.Rip);
        Assert.Equal(0ul, state.Efer);
    }

    private static KvmGuest Create()
    {
        KvmHostReport report = KvmHost.Check();
        Assert.SkipUnless(report.CanNest, "KVM cannot nest here: " + string.Join(' ', report.Reasons));
        CpuProfile profile = KvmHostProfile.Read(exposeVirtualizationExtensions: true);
        Assert.SkipUnless(profile.HasSvm, "The processor has VT-x, and this guest uses AMD-V.");
        KvmGuest guest = new(Host, profile: profile);
        guest.Load(NestedCode, KvmGuest.Assemble(32, NestedCode, a =>
        {
            a.mov(ebx, 40);
            a.@out((byte)NestedPort, al);
            a.add(ebx, 2);
            a.vmmcall();
        }));
        guest.Load(VmcbAddress, Vmcb());
        for (uint i = 0; i < 1024; i++)
        {
            // 4 MiB, present and writable, one to one.
            guest.Load(PageDirectory + (i * 4), BitConverter.GetBytes((i << 22) | 0x83));
        }

        return guest;
    }

    // Leaves the exit code and what the nested guest computed.
    private static void Host(Assembler a)
    {
        // KVM gives SVM's instructions to a hypervisor with paging only.
        a.mov(eax, PageDirectory);
        a.mov(cr3, eax);
        a.mov(eax, (uint)Cr4.PSE);
        a.mov(cr4, eax);
        a.mov(eax, cr0);
        a.or(eax, 0x8000_0000);
        a.mov(cr0, eax);
        a.mov(ecx, Msr.Efer);
        a.rdmsr();
        a.or(eax, (uint)Efer.SVME);
        a.wrmsr();
        a.mov(ecx, Msr.VmHsavePa);
        a.mov(eax, HostSaveAddress);
        a.xor(edx, edx);
        a.wrmsr();
        a.mov(eax, VmcbAddress);
        a.db(0x0F, 0x01, 0xD8); // VMRUN
        a.mov(eax, __dword_ptr[VmcbAddress + VmcbOffsets.ExitCode]);
        a.shl(eax, 8);
        a.or(eax, ebx);
        KvmGuest.Exit(a);
    }

    private static byte[] Vmcb()
    {
        byte[] vmcb = new byte[VmcbOffsets.Bytes];
        Put(VmcbOffsets.InterceptMisc2, VmrunAndVmmcall);
        Put(VmcbOffsets.GuestAsid, 1);
        foreach (int segment in (ReadOnlySpan<int>)[VmcbOffsets.Es, VmcbOffsets.Cs, VmcbOffsets.Ss, VmcbOffsets.Ds, VmcbOffsets.Fs, VmcbOffsets.Gs])
        {
            bool code = segment == VmcbOffsets.Cs;
            Put(segment, code ? 0x0C9B_0008u : 0x0C93_0010);
            Put(segment + VmcbOffsets.SegmentLimit, uint.MaxValue);
        }

        Put(VmcbOffsets.Gdtr + VmcbOffsets.SegmentBase, KvmGuest.GdtAddress);
        Put(VmcbOffsets.Gdtr + VmcbOffsets.SegmentLimit, 23);
        Put(VmcbOffsets.Efer, (uint)Efer.SVME);
        Put(VmcbOffsets.Cr0, 0x11);
        Put(VmcbOffsets.Dr6, 0xFFFF_0FF0);
        Put(VmcbOffsets.Dr7, 0x400);
        Put(VmcbOffsets.Rflags, 2);
        Put(VmcbOffsets.Rip, NestedCode);
        Put(VmcbOffsets.Rsp, NestedStack);
        return vmcb;

        void Put(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(vmcb.AsSpan(offset), value);
    }
}
