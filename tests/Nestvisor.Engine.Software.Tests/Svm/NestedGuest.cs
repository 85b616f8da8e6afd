using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

/// <summary>
/// An L1 that enters its guest, stops after each exit, and enters again when run on. The control block is the test's: it
/// starts as a 64-bit guest at CPL 0 in L1's address space, with nothing intercepted but VMRUN, VMMCALL and HLT.
/// </summary>
internal sealed unsafe class NestedGuest : IDisposable
{
    public const ulong ControlBlock = 0x2_0000;
    public const ulong HostSaveArea = 0x2_1000;
    public const ulong MsrMap = 0x2_2000;
    public const ulong PortMap = 0x2_4000;
    public const ulong GuestCode = 0x20_0000;
    public const ulong GuestStack = 0x8_0000;
    public const ulong Data = 0x3_0000;
    public const ulong NestedRoot = 0x4_0000;
    public const ulong NestedPdpt = 0x4_1000;
    public const ulong NestedDirectory = 0x4_2000;
    public const ulong NestedTable = 0x4_3000;

    public NestedGuest(Action<Assembler>? afterExit = null, Action<Assembler>? beforeEntry = null)
    {
        Guest = new BareGuest();
        Guest.Assemble(BareGuest.Code, a =>
        {
            a.mov(ecx, unchecked((int)Msr.Efer));
            a.rdmsr();
            a.or(eax, (int)Efer.SVME);
            a.wrmsr();
            a.mov(ecx, unchecked((int)Msr.VmHsavePa));
            a.mov(eax, (int)HostSaveArea);
            a.xor(edx, edx);
            a.wrmsr();
            Label again = a.CreateLabel();
            a.Label(ref again);
            beforeEntry?.Invoke(a);
            a.mov(rax, ControlBlock);
            Clgi(a);
            Vmrun(a);
            afterExit?.Invoke(a);
            BareGuest.Stop(a);
            a.jmp(again);
        });
        ProcessorState entry = BareGuest.EntryState();
        for (int i = 0; i < 4; i++)
        {
            int[] order = [0, 1, 2, 3];
            SetSegment(VmcbOffsets.Es + (order[i] * 16), entry.Segments[i]);
        }

        this[VmcbOffsets.InterceptMisc1] = Bit(SvmIntercept.Hlt);
        this[VmcbOffsets.InterceptMisc2] = Bit(SvmIntercept.Vmrun) | Bit(SvmIntercept.Vmmcall);
        this[VmcbOffsets.MsrpmBasePa] = MsrMap;
        this[VmcbOffsets.IopmBasePa] = PortMap;
        this[VmcbOffsets.GuestAsid] = 1;
        this[VmcbOffsets.Gdtr + VmcbOffsets.SegmentLimit] = entry.GdtrLimit;
        this[VmcbOffsets.Gdtr + VmcbOffsets.SegmentBase] = entry.GdtrBase;
        this[VmcbOffsets.Idtr + VmcbOffsets.SegmentLimit] = entry.IdtrLimit;
        this[VmcbOffsets.Idtr + VmcbOffsets.SegmentBase] = entry.IdtrBase;
        this[VmcbOffsets.Efer] = entry.Efer | Efer.SVME;
        this[VmcbOffsets.Cr0] = entry.Cr0;
        this[VmcbOffsets.Cr3] = entry.Cr3;
        this[VmcbOffsets.Cr4] = entry.Cr4;
        this[VmcbOffsets.Dr6] = 0xFFFF_0FF0;
        this[VmcbOffsets.Dr7] = 0x400;
        this[VmcbOffsets.Rflags] = 2;
        this[VmcbOffsets.Rip] = GuestCode;
        this[VmcbOffsets.Rsp] = GuestStack;
        this[VmcbOffsets.GPat] = 0x0007_0406_0007_0406;
    }

    public BareGuest Guest { get; }

    public SvmExitCode ExitCode => (SvmExitCode)(long)this[VmcbOffsets.ExitCode];

    public ulong Info1 => this[VmcbOffsets.ExitInfo1];

    public ulong Info2 => this[VmcbOffsets.ExitInfo2];

    public ulong Rip => this[VmcbOffsets.Rip];

    /// <summary>A 64-bit field of the control block in L1's memory.</summary>
    public ulong this[int offset]
    {
        get => Guest.Read(ControlBlock + (ulong)offset);
        set => Guest.Write(ControlBlock + (ulong)offset, value);
    }

    /// <summary>The bit of an intercept in its vector.</summary>
    public static ulong Bit(SvmIntercept intercept) => 1UL << ((int)intercept & 31);

    public static void Vmrun(Assembler a) => a.db(0x0F, 0x01, 0xD8);

    public static void Vmmcall(Assembler a) => a.db(0x0F, 0x01, 0xD9);

    public static void Stgi(Assembler a) => a.db(0x0F, 0x01, 0xDC);

    public static void Clgi(Assembler a) => a.db(0x0F, 0x01, 0xDD);

    /// <summary>Adds an intercept.</summary>
    public void Intercept(SvmIntercept intercept)
    {
        int offset = VmcbOffsets.InterceptMisc1 + (((int)intercept >> 5) * 4);
        this[offset] |= Bit(intercept);
    }

    /// <summary>Writes L2's code.</summary>
    public void Code(Action<Assembler> write, int bitness = 64) => Guest.Assemble(GuestCode, write, bitness);

    /// <summary>Enters the guest, from where its control block says, until its next exit.</summary>
    public SvmExitCode Enter()
    {
        RunResult result = Guest.Run();
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal(-1, Guest.UnexpectedVector);
        return ExitCode;
    }

    /// <summary>Enters the guest at its code's start.</summary>
    public SvmExitCode Enter(Action<Assembler> write)
    {
        Code(write);
        this[VmcbOffsets.Rip] = GuestCode;
        return Enter();
    }

    /// <summary>Turns nested paging on: one to one in 2 MiB pages, the first 2 MiB in 4 KiB pages.</summary>
    public void UseNestedPaging()
    {
        Guest.Write(NestedRoot, NestedPdpt | 7);
        Guest.Write(NestedPdpt, NestedDirectory | 7);
        Guest.Write(NestedDirectory, NestedTable | 7);
        for (ulong i = 0; i < 512; i++)
        {
            Guest.Write(NestedTable + (i * 8), (i << 12) | 7);
            if (i != 0)
            {
                Guest.Write(NestedDirectory + (i * 8), (i << 21) | 0x87);
            }
        }

        this[VmcbOffsets.NestedControl] = 1;
        this[VmcbOffsets.NestedCr3] = NestedRoot;
    }

    public void SetSegment(int offset, SegmentState segment)
    {
        this[offset] = segment.Selector | ((ulong)segment.Attributes << 16) | ((ulong)segment.Limit << 32);
        this[offset + VmcbOffsets.SegmentBase] = segment.Base;
    }

    public void Dispose() => Guest.Dispose();
}
