using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>CLI, STI, CLAC, STAC, PUSHF and POPF: what concerns the system flags.</summary>
internal static unsafe class FlagsFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Cli] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Cli;
        table[Code.Sti] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Sti;
        table[Code.Clac] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Clac;
        table[Code.Stac] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Stac;
        table[Code.Pushfw] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Pushf<ushort>;
        table[Code.Pushfd] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Pushf<uint>;
        table[Code.Pushfq] = (in Instruction i, BlockMode m, ref Op op) => op.Handler = &Pushf<ulong>;
        table[Code.Popfw] = Ends(&Popf<ushort>);
        table[Code.Popfd] = Ends(&Popf<uint>);
        table[Code.Popfq] = Ends(&Popf<ulong>);
    }

    private static OpBuild Ends(delegate*<VpState*, Op*, int> handler)
    {
        nint pointer = (nint)handler;
        return (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = (delegate*<VpState*, Op*, int>)pointer;
            op.Flags |= OpFlags.EndsBlock;
        };
    }

    // Neither VME nor PVI is implemented: below IOPL CLI and STI fault.
    private static bool MayChangeIf(VpState* s) => SystemOp.RealMode(s) || s->Cpl <= SystemOp.Iopl(s);

    private static int Cli(VpState* s, Op* o)
    {
        if (!MayChangeIf(s))
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->SystemFlags &= ~Rflags.IF;
        return Status.Next;
    }

    private static int Sti(VpState* s, Op* o)
    {
        if (!MayChangeIf(s))
        {
            return Fault.GeneralProtection(s, 0);
        }

        if ((s->SystemFlags & Rflags.IF) == 0)
        {
            s->SystemFlags |= Rflags.IF;
            s->InterruptShadow |= SoftwareProcessor.ShadowSti | SoftwareProcessor.ShadowNew;
        }

        return SystemOp.Leave(s, o);
    }

    private static int Clac(VpState* s, Op* o) => SetAc(s, 0);

    private static int Stac(VpState* s, Op* o) => SetAc(s, Rflags.AC);

    private static int SetAc(VpState* s, ulong value)
    {
        if (s->Cpl != 0)
        {
            return Fault.InvalidOpcode(s);
        }

        s->SystemFlags = (s->SystemFlags & ~Rflags.AC) | value;
        SoftwareProcessor.Of(s).SelectTables();
        return Status.Next;
    }

    private static int Pushf<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        if (SystemOp.Virtual8086(s) && SystemOp.Iopl(s) < 3)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong flags = LazyFlags.Read(s) & ~(Rflags.RF | Rflags.VM);
        return PrivilegedStack<TMemory>.Push(s, *(T*)&flags);
    }

    private static int Popf<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        if (SystemOp.Virtual8086(s) && SystemOp.Iopl(s) < 3)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong rsp = s->Gpr[4];
        int status = PrivilegedStack<TMemory>.Pop(s, ref rsp, out T raw);
        if (status != Status.Next)
        {
            return status;
        }

        ulong value = 0;
        *(T*)&value = raw;
        ulong changeable = Changeable(s);
        changeable &= sizeof(T) == 2 ? 0xFFFF : ulong.MaxValue;
        LazyFlags.Write(s, (LazyFlags.Read(s) & ~changeable & ~Rflags.RF) | (value & changeable));
        s->Gpr[4] = rsp;
        return SystemOp.Leave(s, o);
    }

    /// <summary>The flags that POPF and IRET may change at the current privilege.</summary>
    public static ulong Changeable(VpState* s)
    {
        ulong flags = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.OF | Rflags.TF | Rflags.DF | Rflags.NT
            | Rflags.AC | Rflags.ID;
        if (SystemOp.RealMode(s) || s->Cpl == 0)
        {
            flags |= Rflags.IOPL;
        }

        if (MayChangeIf(s))
        {
            flags |= Rflags.IF;
        }

        return flags;
    }
}
