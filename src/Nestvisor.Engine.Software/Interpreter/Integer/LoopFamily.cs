using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>LOOP, LOOPE, LOOPNE, JCXZ, JECXZ and JRCXZ: branches on the count register.</summary>
internal static unsafe class LoopFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Loop, Build<Always>);
        MnemonicCodes.Register(table, Mnemonic.Loope, Build<EqualCondition>);
        MnemonicCodes.Register(table, Mnemonic.Loopne, Build<Not<EqualCondition>>);
        MnemonicCodes.Register(table, Mnemonic.Jcxz, BuildZero);
        MnemonicCodes.Register(table, Mnemonic.Jecxz, BuildZero);
        MnemonicCodes.Register(table, Mnemonic.Jrcxz, BuildZero);
    }

    private static void Build<TCondition>(in Instruction instruction, BlockMode mode, ref Op op)
        where TCondition : struct, ICondition
    {
        int pointer = NearBranches.FillTarget(instruction, mode, ref op);
        op.Handler = CounterSize(instruction.Code) switch
        {
            2 => PickLoop<TCondition, ushort>(pointer),
            4 => PickLoop<TCondition, uint>(pointer),
            _ => PickLoop<TCondition, ulong>(pointer),
        };
    }

    private static void BuildZero(in Instruction instruction, BlockMode mode, ref Op op)
    {
        int pointer = NearBranches.FillTarget(instruction, mode, ref op);
        op.Handler = instruction.Mnemonic switch
        {
            Mnemonic.Jcxz => PickZero<ushort>(pointer),
            Mnemonic.Jecxz => PickZero<uint>(pointer),
            _ => PickZero<ulong>(pointer),
        };
    }

    private static int CounterSize(Code code) => code switch
    {
        Code.Loop_rel8_16_CX or Code.Loop_rel8_32_CX => 2,
        Code.Loope_rel8_16_CX or Code.Loope_rel8_32_CX => 2,
        Code.Loopne_rel8_16_CX or Code.Loopne_rel8_32_CX => 2,
        Code.Loop_rel8_16_RCX or Code.Loop_rel8_64_RCX => 8,
        Code.Loope_rel8_16_RCX or Code.Loope_rel8_64_RCX => 8,
        Code.Loopne_rel8_16_RCX or Code.Loopne_rel8_64_RCX => 8,
        _ => 4,
    };

    private static delegate*<VpState*, Op*, int> PickLoop<TCondition, TCounter>(int pointer)
        where TCondition : struct, ICondition
        where TCounter : unmanaged =>
        pointer switch
        {
            2 => &Loop<TCondition, TCounter, ushort>,
            4 => &Loop<TCondition, TCounter, uint>,
            _ => &Loop<TCondition, TCounter, ulong>,
        };

    private static delegate*<VpState*, Op*, int> PickZero<TCounter>(int pointer)
        where TCounter : unmanaged =>
        pointer switch
        {
            2 => &Zero<TCounter, ushort>,
            4 => &Zero<TCounter, uint>,
            _ => &Zero<TCounter, ulong>,
        };

    private static int Loop<TCondition, TCounter, T>(VpState* s, Op* o)
        where TCondition : struct, ICondition
        where TCounter : unmanaged
        where T : unmanaged
    {
        ulong count = IntegerBits.Zero(IntegerBits.Low<TCounter>(s->Gpr[1] - 1));
        ulong target = NearBranches.NextRip<T>(s, o);
        if (count != 0 && TCondition.Holds(s))
        {
            target = NearBranches.Target<T>(s, o);
            if (!NearBranches.IsValid<T>(s, target))
            {
                return Fault.GeneralProtection(s, 0);
            }
        }

        Registers.Set(s, Registers.Rcx, IntegerBits.Low<TCounter>(count));
        s->Rip = target;
        return Status.Branch;
    }

    private static int Zero<TCounter, T>(VpState* s, Op* o)
        where TCounter : unmanaged
        where T : unmanaged
    {
        if (IntegerBits.Zero(Registers.Get<TCounter>(s, Registers.Rcx)) == 0)
        {
            return NearBranches.Go<T>(s, NearBranches.Target<T>(s, o));
        }

        s->Rip = NearBranches.NextRip<T>(s, o);
        return Status.Branch;
    }

    private readonly struct Always : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(VpState* s) => true;
    }
}
