using System.Numerics;
using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Jcc, SETcc and CMOVcc.</summary>
internal static class ConditionFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        Add<OverflowCondition>(table, Mnemonic.Jo, Mnemonic.Seto, Mnemonic.Cmovo);
        Add<Not<OverflowCondition>>(table, Mnemonic.Jno, Mnemonic.Setno, Mnemonic.Cmovno);
        Add<BelowCondition>(table, Mnemonic.Jb, Mnemonic.Setb, Mnemonic.Cmovb);
        Add<Not<BelowCondition>>(table, Mnemonic.Jae, Mnemonic.Setae, Mnemonic.Cmovae);
        Add<EqualCondition>(table, Mnemonic.Je, Mnemonic.Sete, Mnemonic.Cmove);
        Add<Not<EqualCondition>>(table, Mnemonic.Jne, Mnemonic.Setne, Mnemonic.Cmovne);
        Add<BelowOrEqualCondition>(table, Mnemonic.Jbe, Mnemonic.Setbe, Mnemonic.Cmovbe);
        Add<Not<BelowOrEqualCondition>>(table, Mnemonic.Ja, Mnemonic.Seta, Mnemonic.Cmova);
        Add<SignCondition>(table, Mnemonic.Js, Mnemonic.Sets, Mnemonic.Cmovs);
        Add<Not<SignCondition>>(table, Mnemonic.Jns, Mnemonic.Setns, Mnemonic.Cmovns);
        Add<ParityCondition>(table, Mnemonic.Jp, Mnemonic.Setp, Mnemonic.Cmovp);
        Add<Not<ParityCondition>>(table, Mnemonic.Jnp, Mnemonic.Setnp, Mnemonic.Cmovnp);
        Add<LessCondition>(table, Mnemonic.Jl, Mnemonic.Setl, Mnemonic.Cmovl);
        Add<Not<LessCondition>>(table, Mnemonic.Jge, Mnemonic.Setge, Mnemonic.Cmovge);
        Add<LessOrEqualCondition>(table, Mnemonic.Jle, Mnemonic.Setle, Mnemonic.Cmovle);
        Add<Not<LessOrEqualCondition>>(table, Mnemonic.Jg, Mnemonic.Setg, Mnemonic.Cmovg);
    }

    private static void Add<TCondition>(InstructionTable<TMemory> table, Mnemonic jump, Mnemonic set, Mnemonic move)
        where TCondition : struct, ICondition
    {
        MnemonicCodes.Register(table, jump, NearBranches.BuildConditional<TCondition>);
        OperationFamily<TMemory>.Binary<ConditionalMove<TCondition>>(table, move);
        MnemonicCodes.Register(table, set, SetHandlers<TMemory, TCondition>.Build);
    }

    /// <summary>The destination is written in any case: a 32-bit move clears the upper half even if the condition is false.</summary>
    private readonly unsafe struct ConditionalMove<TCondition> : IIntegerOperation
        where TCondition : struct, ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(VpState* s, T a, T b)
            where T : unmanaged, IBinaryInteger<T> =>
            TCondition.Holds(s) ? b : a;
    }
}
