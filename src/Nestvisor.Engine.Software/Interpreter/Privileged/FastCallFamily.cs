using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>SYSCALL, SYSRET, SYSENTER and SYSEXIT, by AMD's rules (AMD APM vol. 2 §6.1).</summary>
internal static unsafe class FastCallFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Syscall] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Syscall;
        table[Code.Sysretd] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Sysret32;
        table[Code.Sysretq] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Sysret64;
        table[Code.Sysenter] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Sysenter;
        table[Code.Sysexitd] = table[Code.Sysexitq] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Sysexit;
    }

    private static int Syscall(VpState* s, Op* o)
    {
        if ((s->Efer & Efer.SCE) == 0 || SystemOp.RealMode(s))
        {
            return Fault.InvalidOpcode(s);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ulong next = SystemOp.NextRip(s, o);
        bool longMode = (s->Efer & Efer.LMA) != 0;
        if (longMode)
        {
            bool from64 = SystemOp.Code64(s);
            ulong flags = LazyFlags.Read(s) & ~Rflags.RF;
            s->Gpr[11] = flags;
            s->Gpr[1] = next;
            s->Rip = from64 ? p.LStar : p.CStar;
            LazyFlags.Write(s, flags & ~p.SFMask);
        }
        else
        {
            s->Gpr[1] = (uint)next;
            s->Rip = (uint)p.Star;
            s->SystemFlags &= ~(Rflags.VM | Rflags.IF | Rflags.RF);
        }

        s->Cs = FastCallSegments.KernelCs(p.Star, wide: longMode);
        s->Ss = FastCallSegments.KernelSs(p.Star);
        s->Cpl = 0;
        p.StepByNewFlags();
        return Status.Leave;
    }

    private static int Sysret64(VpState* s, Op* o) => Sysret(s, wide: true);

    private static int Sysret32(VpState* s, Op* o) => Sysret(s, wide: false);

    private static int Sysret(VpState* s, bool wide)
    {
        if ((s->Efer & Efer.SCE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        if (s->Cpl != 0 || SystemOp.RealMode(s))
        {
            return Fault.GeneralProtection(s, 0);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        bool longMode = (s->Efer & Efer.LMA) != 0;
        s->Cs = FastCallSegments.UserCs(p.Star, wide);
        s->Ss.Selector = FastCallSegments.UserSs(p.Star);
        s->Ss.Attributes = (ushort)((s->Ss.Attributes & ~0x60) | 0x60);
        if (longMode)
        {
            const ulong Kept = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.TF | Rflags.IF | Rflags.DF | Rflags.OF
                | Rflags.IOPL | Rflags.NT | Rflags.AC | Rflags.VIF | Rflags.VIP | Rflags.ID;
            LazyFlags.Write(s, s->Gpr[11] & Kept);
        }
        else
        {
            s->SystemFlags |= Rflags.IF;
        }

        s->Rip = wide ? s->Gpr[1] : (uint)s->Gpr[1];
        s->Cpl = 3;
        p.StepByNewFlags();
        return Status.Leave;
    }

    // In long mode AMD has neither SYSENTER nor SYSEXIT.
    private static bool SysenterMissing(VpState* s) =>
        (s->Efer & Efer.LMA) != 0 && SoftwareProcessor.Of(s).Partition.Profile.Vendor == CpuVendor.Amd;

    private static int Sysenter(VpState* s, Op* o)
    {
        if (SysenterMissing(s))
        {
            return Fault.InvalidOpcode(s);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ushort selector = (ushort)(p.SysenterCs & 0xFFFC);
        if (SystemOp.RealMode(s) || selector == 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        bool longMode = (s->Efer & Efer.LMA) != 0;
        s->SystemFlags &= ~(Rflags.VM | Rflags.IF | Rflags.RF);
        s->Cs = FastCallSegments.Flat(selector, code: true, dpl: 0, longMode);
        s->Ss = FastCallSegments.Flat((ushort)(selector + 8), code: false, dpl: 0, wide: false);
        s->Cpl = 0;
        s->Rip = longMode ? p.SysenterEip : (uint)p.SysenterEip;
        s->Gpr[4] = longMode ? p.SysenterEsp : (uint)p.SysenterEsp;
        return Status.Leave;
    }

    private static int Sysexit(VpState* s, Op* o)
    {
        if (SysenterMissing(s))
        {
            return Fault.InvalidOpcode(s);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ushort selector = (ushort)(p.SysenterCs & 0xFFFC);
        if (s->Cpl != 0 || SystemOp.RealMode(s) || selector == 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        bool wide = (Code)o->Code == Code.Sysexitq;
        ulong rip = s->Gpr[2];
        ulong rsp = s->Gpr[1];
        if (wide && (!CpuLimits.IsCanonical(rip) || !CpuLimits.IsCanonical(rsp)))
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Cs = FastCallSegments.Flat((ushort)((selector + (wide ? 32 : 16)) | 3), code: true, dpl: 3, wide);
        s->Ss = FastCallSegments.Flat((ushort)((selector + (wide ? 40 : 24)) | 3), code: false, dpl: 3, wide: false);
        s->Cpl = 3;
        s->Rip = wide ? rip : (uint)rip;
        s->Gpr[4] = wide ? rsp : (uint)rsp;
        return Status.Leave;
    }
}
