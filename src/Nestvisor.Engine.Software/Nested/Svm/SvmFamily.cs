using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Privileged;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>
/// VMRUN, VMLOAD, VMSAVE, VMMCALL, STGI, CLGI, INVLPGA and SKINIT (AMD APM vol. 3 chapter 4). Their intercepts are checked before the
/// handlers run (see <see cref="InterceptChecks"/>).
/// </summary>
internal static unsafe class SvmFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    // What KVM's hypercalls answer: no such call, and not from user mode.
    private const ulong NoSuchCall = unchecked((ulong)-1000);
    private const ulong NotPermitted = ulong.MaxValue;

    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        Add(table, ushort.MaxValue, &Vmrun, Code.Vmrunw);
        Add(table, uint.MaxValue, &Vmrun, Code.Vmrund);
        Add(table, ulong.MaxValue, &Vmrun, Code.Vmrunq);
        Add(table, ushort.MaxValue, &Vmload, Code.Vmloadw);
        Add(table, uint.MaxValue, &Vmload, Code.Vmloadd);
        Add(table, ulong.MaxValue, &Vmload, Code.Vmloadq);
        Add(table, ushort.MaxValue, &Vmsave, Code.Vmsavew);
        Add(table, uint.MaxValue, &Vmsave, Code.Vmsaved);
        Add(table, ulong.MaxValue, &Vmsave, Code.Vmsaveq);
        Add(table, ushort.MaxValue, &Invlpga, Code.Invlpgaw);
        Add(table, uint.MaxValue, &Invlpga, Code.Invlpgad);
        Add(table, ulong.MaxValue, &Invlpga, Code.Invlpgaq);
        Add(table, ulong.MaxValue, &Stgi, Code.Stgi);
        Add(table, ulong.MaxValue, &Clgi, Code.Clgi);
        Add(table, ulong.MaxValue, &Vmmcall, Code.Vmmcall);
        Add(table, ulong.MaxValue, &Skinit, Code.Skinit);
    }

    private static void Add(InstructionTable<TMemory> table, ulong addressMask, delegate*<VpState*, Op*, int> handler, Code code) =>
        table[code] = (in Instruction _, BlockMode _, ref Op op) =>
        {
            op.Handler = handler;
            op.AddressMask = addressMask;
            op.Flags |= OpFlags.EndsBlock;
        };

    private static int Vmrun(VpState* s, Op* o)
    {
        int status = Admit(s);
        ulong address = s->Gpr[0] & o->AddressMask;
        if (status == Status.Next)
        {
            status = CheckBlockAddress(s, address);
        }

        return status == Status.Next ? SoftwareProcessor.Of(s).Vmrun(address, SystemOp.NextRip(s, o)) : status;
    }

    private static int Vmload(VpState* s, Op* o)
    {
        int status = LocateMore(s, o, AccessKind.Read, SvmExitCode.Vmload, out ulong address);
        if (status != Status.Next)
        {
            return status;
        }

        SoftwareProcessor.Of(s).LoadMore(address);
        return SystemOp.Leave(s, o);
    }

    private static int Vmsave(VpState* s, Op* o)
    {
        int status = LocateMore(s, o, AccessKind.Write, SvmExitCode.Vmsave, out ulong address);
        if (status != Status.Next)
        {
            return status;
        }

        SoftwareProcessor.Of(s).SaveMore(address);
        return SystemOp.Leave(s, o);
    }

    // L1's physical address of the block.
    private static int LocateMore(VpState* s, Op* o, AccessKind kind, SvmExitCode code, out ulong address)
    {
        int status = Admit(s);
        address = s->Gpr[0] & o->AddressMask;
        if (status == Status.Next)
        {
            status = CheckBlockAddress(s, address);
        }

        return status == Status.Next ? SoftwareProcessor.Of(s).LocateMore(o, kind, code, ref address) : status;
    }

    private static int Invlpga(VpState* s, Op* o)
    {
        int status = Admit(s);
        if (status != Status.Next)
        {
            return status;
        }

        SoftwareProcessor.Of(s).Contexts.FlushPage((uint)s->Gpr[1], s->Gpr[0] & o->AddressMask);
        return SystemOp.Leave(s, o);
    }

    private static int Stgi(VpState* s, Op* o) => ChangeGif(s, o, true);

    private static int Clgi(VpState* s, Op* o) => ChangeGif(s, o, false);

    private static int ChangeGif(VpState* s, Op* o, bool value)
    {
        int status = Admit(s);
        if (status != Status.Next)
        {
            return status;
        }

        SoftwareProcessor.Of(s).SetGif(value);
        return SystemOp.Leave(s, o);
    }

    // In guest mode it exits or is #UD (§15.9); outside it is a call to the hypervisor whose leaves CPUID shows.
    private static int Vmmcall(VpState* s, Op* o)
    {
        if (SoftwareProcessor.Of(s).InGuestMode)
        {
            return Fault.InvalidOpcode(s);
        }

        s->Gpr[0] = s->Cpl == 0 ? NoSuchCall : NotPermitted;
        return SystemOp.Leave(s, o);
    }

    // CPUID does not show SKINIT, so that it is #UD before its intercept counts.
    private static int Skinit(VpState* s, Op* o) => Fault.InvalidOpcode(s);

    // Protected mode with EFER.SVME, and CPL 0.
    private static int Admit(VpState* s)
    {
        if ((s->Efer & Efer.SVME) == 0 || SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return Fault.InvalidOpcode(s);
        }

        return s->Cpl != 0 ? Fault.GeneralProtection(s, 0) : Status.Next;
    }

    private static int CheckBlockAddress(VpState* s, ulong address) =>
        (address & 0xFFF) != 0 || address >> CpuLimits.PhysicalAddressBits != 0 ? Fault.GeneralProtection(s, 0) : Status.Next;
}
