using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.Platform;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>CPUID, MSRs, time-stamp counter, random numbers, HLT, cache control and what else concerns the processor as such.</summary>
internal static unsafe class ProcessorFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Cpuid] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Cpuid;
        table[Code.Rdmsr] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Rdmsr;
        table[Code.Wrmsr] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Wrmsr;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Rdtsc] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Rdtsc;
        table[Code.Rdtscp] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Rdtscp;
        table[Code.Rdpmc] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Rdpmc;
        table[Code.Rdpkru] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Rdpkru;
        table[Code.Wrpkru] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Wrpkru;
        OpBuild rdpid = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Handler = &Rdpid;
        };
        table[Code.Rdpid_r32] = table[Code.Rdpid_r64] = rdpid;
        OpBuild random = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Size = (byte)i.Op0Register.GetSize();
            op.Handler = &Random;
        };
        table[Code.Rdrand_r16] = table[Code.Rdrand_r32] = table[Code.Rdrand_r64] = random;
        table[Code.Rdseed_r16] = table[Code.Rdseed_r32] = table[Code.Rdseed_r64] = random;
        table[Code.Hlt] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Hlt;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Wbinvd] = table[Code.Invd] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &CacheControl;
        table[Code.Swapgs] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Swapgs;
        OpBuild readBase = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Size = (byte)i.Op0Register.GetSize();
            op.Segment = (byte)(i.Mnemonic == Mnemonic.Rdfsbase ? 4 : 5);
            op.Handler = &ReadBase;
        };
        table[Code.Rdfsbase_r32] = table[Code.Rdfsbase_r64] = table[Code.Rdgsbase_r32] = table[Code.Rdgsbase_r64] = readBase;
        OpBuild writeBase = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Size = (byte)i.Op0Register.GetSize();
            op.Segment = (byte)(i.Mnemonic == Mnemonic.Wrfsbase ? 4 : 5);
            op.Handler = &WriteBase;
        };
        table[Code.Wrfsbase_r32] = table[Code.Wrfsbase_r64] = table[Code.Wrgsbase_r32] = table[Code.Wrgsbase_r64] = writeBase;
    }

    private static int Cpuid(VpState* s, Op* o)
    {
        // It serializes, for programs of user mode too: what SystemOp.LeaveSerialized does.
        Interlocked.MemoryBarrier();
        CpuidResult result = SoftwareProcessor.Of(s).Cpuid((uint)s->Gpr[0], (uint)s->Gpr[1]);
        s->Gpr[0] = result.Eax;
        s->Gpr[3] = result.Ebx;
        s->Gpr[1] = result.Ecx;
        s->Gpr[2] = result.Edx;
        return Status.Next;
    }

    private static int Rdmsr(VpState* s, Op* o)
    {
        if (s->Cpl != 0 || !SoftwareProcessor.Of(s).TryReadMsr((uint)s->Gpr[1], out ulong value))
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Gpr[0] = (uint)value;
        s->Gpr[2] = value >> 32;
        return Status.Next;
    }

    private static int Wrmsr(VpState* s, Op* o) =>
        s->Cpl == 0 && SoftwareProcessor.Of(s).TryWriteMsr((uint)s->Gpr[1], (uint)s->Gpr[0] | (s->Gpr[2] << 32))
            ? SystemOp.LeaveSerialized(s, o)
            : Fault.GeneralProtection(s, 0);

    private static int Rdtsc(VpState* s, Op* o)
    {
        if (s->Cpl != 0 && (s->Cr4 & Cr4.TSD) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong value = SoftwareProcessor.Of(s).ReadGuestTsc();
        s->Gpr[0] = (uint)value;
        s->Gpr[2] = value >> 32;
        return Status.Next;
    }

    private static int Rdtscp(VpState* s, Op* o)
    {
        int status = Rdtsc(s, o);
        if (status == Status.Next)
        {
            s->Gpr[1] = (uint)SoftwareProcessor.Of(s).TscAux;
        }

        return status;
    }

    // There are no performance counters.
    private static int Rdpmc(VpState* s, Op* o) => Fault.GeneralProtection(s, 0);

    private static int Rdpkru(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.PKE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        if ((uint)s->Gpr[1] != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Gpr[0] = s->Pkru;
        s->Gpr[2] = 0;
        return Status.Next;
    }

    private static int Wrpkru(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.PKE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        if ((uint)s->Gpr[1] != 0 || (uint)s->Gpr[2] != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SoftwareProcessor.Of(s).SetPkru((uint)s->Gpr[0]);
        return Status.Next;
    }

    private static int Rdpid(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, SoftwareProcessor.Of(s).TscAux);
        return Status.Next;
    }

    private static int Random(VpState* s, Op* o)
    {
        ulong value = 0;
        HostRandom.Fill(new Span<byte>(&value, o->Size));
        SystemOp.SetRegister(s, o->Register1, o->Size, value);
        LazyFlags.WriteArithmetic(s, Rflags.CF);
        return Status.Next;
    }

    private static int Hlt(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SoftwareProcessor.Of(s).Activity = ProcessorActivity.Halted;
        return SystemOp.Leave(s, o);
    }

    // Caches are coherent and hidden: nothing to do but to check the right, and to serialize.
    private static int CacheControl(VpState* s, Op* o)
    {
        Interlocked.MemoryBarrier();
        return s->Cpl != 0 ? Fault.GeneralProtection(s, 0) : Status.Next;
    }

    private static int Swapgs(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        (s->Gs.Base, p.KernelGsBase) = (p.KernelGsBase, s->Gs.Base);
        s->SegmentBase[5] = s->Gs.Base;
        return Status.Next;
    }

    private static int ReadBase(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.FSGSBASE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        SystemOp.SetRegister(s, o->Register1, o->Size, o->Segment == 4 ? s->Fs.Base : s->Gs.Base);
        return Status.Next;
    }

    private static int WriteBase(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.FSGSBASE) == 0)
        {
            return Fault.InvalidOpcode(s);
        }

        ulong value = o->Size == 4 ? Registers.Get<uint>(s, o->Register1) : Registers.Get<ulong>(s, o->Register1);
        if (!CpuLimits.IsCanonical(value))
        {
            return Fault.GeneralProtection(s, 0);
        }

        (&s->Es)[o->Segment].Base = value;
        s->SegmentBase[o->Segment] = value;
        return Status.Next;
    }
}
