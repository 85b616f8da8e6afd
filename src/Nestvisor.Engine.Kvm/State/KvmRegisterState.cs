using Nestvisor.Engine.Kvm.Interface;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Kvm.State;

/// <summary>General, segment, control and debug registers between the kernel and <see cref="ProcessorState"/>.</summary>
internal static class KvmRegisterState
{
    public static void Read(FileDescriptor processor, ProcessorState state)
    {
        KvmRegs regs = default;
        KvmDevice.Call(processor, KvmIoctl.GetRegs, ref regs, "read the general registers");
        ulong[] gpr = [regs.Rax, regs.Rcx, regs.Rdx, regs.Rbx, regs.Rsp, regs.Rbp, regs.Rsi, regs.Rdi,
            regs.R8, regs.R9, regs.R10, regs.R11, regs.R12, regs.R13, regs.R14, regs.R15];
        gpr.CopyTo(state.Gpr, 0);
        state.Rip = regs.Rip;
        state.Rflags = regs.Rflags;

        KvmSregs sregs = default;
        KvmDevice.Call(processor, KvmIoctl.GetSregs, ref sregs, "read the system registers");
        state.Segments[0] = FromKvm(sregs.Es);
        state.Segments[1] = FromKvm(sregs.Cs);
        state.Segments[2] = FromKvm(sregs.Ss);
        state.Segments[3] = FromKvm(sregs.Ds);
        state.Segments[4] = FromKvm(sregs.Fs);
        state.Segments[5] = FromKvm(sregs.Gs);
        state.Ldtr = FromKvm(sregs.Ldt);
        state.Tr = FromKvm(sregs.Tr);
        state.GdtrBase = sregs.Gdt.Base;
        state.GdtrLimit = sregs.Gdt.Limit;
        state.IdtrBase = sregs.Idt.Base;
        state.IdtrLimit = sregs.Idt.Limit;
        state.Cr0 = sregs.Cr0;
        state.Cr2 = sregs.Cr2;
        state.Cr3 = sregs.Cr3;
        state.Cr4 = sregs.Cr4;
        state.Cr8 = sregs.Cr8;
        state.Efer = sregs.Efer;
        state.Msrs[Msr.ApicBase] = sregs.ApicBase;

        KvmDebugRegs debug = default;
        KvmDevice.Call(processor, KvmIoctl.GetDebugRegs, ref debug, "read the debug registers");
        state.Dr[0] = debug.Db0;
        state.Dr[1] = debug.Db1;
        state.Dr[2] = debug.Db2;
        state.Dr[3] = debug.Db3;
        state.Dr[6] = debug.Dr6;
        state.Dr[7] = debug.Dr7;
    }

    public static void WriteSystem(FileDescriptor processor, ProcessorState state)
    {
        KvmSregs sregs = default;
        KvmDevice.Call(processor, KvmIoctl.GetSregs, ref sregs, "read the system registers");
        sregs.Es = ToKvm(state.Segments[0]);
        sregs.Cs = ToKvm(state.Segments[1]);
        sregs.Ss = ToKvm(state.Segments[2]);
        sregs.Ds = ToKvm(state.Segments[3]);
        sregs.Fs = ToKvm(state.Segments[4]);
        sregs.Gs = ToKvm(state.Segments[5]);
        sregs.Ldt = ToKvm(state.Ldtr);
        sregs.Tr = ToKvm(state.Tr);
        sregs.Gdt = new KvmDescriptorTable { Base = state.GdtrBase, Limit = state.GdtrLimit };
        sregs.Idt = new KvmDescriptorTable { Base = state.IdtrBase, Limit = state.IdtrLimit };
        sregs.Cr0 = state.Cr0;
        sregs.Cr2 = state.Cr2;
        sregs.Cr3 = state.Cr3;
        sregs.Cr4 = state.Cr4;
        sregs.Cr8 = state.Cr8;
        sregs.Efer = state.Efer;
        sregs.Interrupts = default;
        if (state.Msrs.TryGetValue(Msr.ApicBase, out ulong apicBase))
        {
            sregs.ApicBase = apicBase;
        }

        KvmDevice.Call(processor, KvmIoctl.SetSregs, ref sregs, "set the system registers");
    }

    public static void WriteGeneral(FileDescriptor processor, ProcessorState state)
    {
        ReadOnlySpan<ulong> gpr = state.Gpr;
        KvmRegs regs = new()
        {
            Rax = gpr[0],
            Rcx = gpr[1],
            Rdx = gpr[2],
            Rbx = gpr[3],
            Rsp = gpr[4],
            Rbp = gpr[5],
            Rsi = gpr[6],
            Rdi = gpr[7],
            R8 = gpr[8],
            R9 = gpr[9],
            R10 = gpr[10],
            R11 = gpr[11],
            R12 = gpr[12],
            R13 = gpr[13],
            R14 = gpr[14],
            R15 = gpr[15],
            Rip = state.Rip,
            Rflags = state.Rflags | 2,
        };
        KvmDevice.Call(processor, KvmIoctl.SetRegs, ref regs, "set the general registers");
    }

    public static void WriteDebug(FileDescriptor processor, ProcessorState state)
    {
        KvmDebugRegs debug = new()
        {
            Db0 = state.Dr[0],
            Db1 = state.Dr[1],
            Db2 = state.Dr[2],
            Db3 = state.Dr[3],
            Dr6 = state.Dr[6],
            Dr7 = state.Dr[7],
        };
        KvmDevice.Call(processor, KvmIoctl.SetDebugRegs, ref debug, "set the debug registers");
    }

    private static SegmentState FromKvm(in KvmSegment segment)
    {
        int attributes = segment.Type | (segment.S << 4) | (segment.Dpl << 5) | (segment.Unusable != 0 ? 0 : segment.Present << 7)
            | (segment.Avl << 8) | (segment.L << 9) | (segment.Db << 10) | (segment.G << 11);
        return new SegmentState(segment.Selector, (ushort)attributes, segment.Limit, segment.Base);
    }

    private static KvmSegment ToKvm(in SegmentState segment)
    {
        int attributes = segment.Attributes;
        return new KvmSegment
        {
            Base = segment.Base,
            Limit = segment.Limit,
            Selector = segment.Selector,
            Type = (byte)(attributes & 15),
            S = (byte)((attributes >> 4) & 1),
            Dpl = (byte)((attributes >> 5) & 3),
            Present = (byte)((attributes >> 7) & 1),
            Avl = (byte)((attributes >> 8) & 1),
            L = (byte)((attributes >> 9) & 1),
            Db = (byte)((attributes >> 10) & 1),
            G = (byte)((attributes >> 11) & 1),
            Unusable = (byte)((~attributes >> 7) & 1),
        };
    }
}
