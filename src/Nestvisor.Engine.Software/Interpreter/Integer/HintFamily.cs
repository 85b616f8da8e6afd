using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Instructions without a result: NOP, PAUSE, prefetches, fences, cache-line flushes, and UD.</summary>
internal static unsafe class HintFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private static readonly Mnemonic[] s_nothing =
    [
        Mnemonic.Nop, Mnemonic.Reservednop, Mnemonic.Prefetch, Mnemonic.Prefetchw, Mnemonic.Prefetchwt1, Mnemonic.Prefetchnta,
        Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2, Mnemonic.Prefetchit0, Mnemonic.Prefetchit1,
        Mnemonic.Endbr64, Mnemonic.Endbr32, Mnemonic.Cldemote,

        // Without shadow stacks it leaves its operand as it is (AMD APM vol. 3, "RDSSP"): libraries find out that way.
        Mnemonic.Rdsspd, Mnemonic.Rdsspq,
    ];

    public static void Register(InstructionTable<TMemory> table)
    {
        foreach (Mnemonic mnemonic in s_nothing)
        {
            MnemonicCodes.Register(table, mnemonic, static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &Nothing);
        }

        // 0F 0D is PREFETCH, which has no register form (AMD APM vol. 3).
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Reservednop_rm16_r16_0F0D, Code.Reservednop_rm32_r32_0F0D,
            Code.Reservednop_rm64_r64_0F0D])
        {
            table[code] = static (in Instruction instruction, BlockMode _, ref Op op) =>
                op.Handler = instruction.Op0Kind == OpKind.Memory ? &Nothing : &Undefined;
        }

        table[Code.Pause] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &Pause;
        // No memory here keeps its bytes without power, so what PCOMMIT adds to a fence is done at once.
        foreach (Mnemonic mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Mfence, Mnemonic.Lfence, Mnemonic.Sfence, Mnemonic.Pcommit])
        {
            MnemonicCodes.Register(table, mnemonic, static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &Fence);
        }

        foreach (Mnemonic mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Clflush, Mnemonic.Clflushopt, Mnemonic.Clwb])
        {
            MnemonicCodes.Register(table, mnemonic, static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &Flush);
        }

        foreach (Mnemonic mnemonic in (ReadOnlySpan<Mnemonic>)[Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2])
        {
            MnemonicCodes.Register(table, mnemonic, static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &Undefined);
        }
    }

    private static int Nothing(VpState* s, Op* o) => Status.Next;

    /// <summary>The guest spins: the other virtual processors share the host's cores, and what it waits for may need this one.</summary>
    private static int Pause(VpState* s, Op* o)
    {
        // The oracle runs operations on a state without a processor.
        if (s->Owner != 0)
        {
            SoftwareProcessor.Of(s).Pause();
        }

        return Status.Next;
    }

    private static int Fence(VpState* s, Op* o)
    {
        Interlocked.MemoryBarrier();
        return Status.Next;
    }

    /// <summary>Guest memory is coherent, so only the checks of a one-byte read remain (AMD APM vol. 3, "CLFLUSH").</summary>
    private static int Flush(VpState* s, Op* o) => TMemory.Read(s, o, out byte _);

    private static int Undefined(VpState* s, Op* o) => Fault.InvalidOpcode(s);
}
