using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.X87;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// All x87, MMX, SSE and AVX instructions that have no handler of their own: they run natively on saved state. An instruction
/// is offered only if this host's processor has it.
/// </summary>
internal static unsafe class NativeFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Fills the entries that are still empty; to be registered after the families with handlers of their own.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        foreach (Code code in NativeCodes.All)
        {
            table[code] ??= StubTraits.IsX87(code) || NativeCodes.HasMmx(code) ? X87Family<TMemory>.BuildNative : Build;
        }
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        bool aligned = NativeCodes.NeedsAlignment(instruction);
        op.Handler = instruction.Op0Kind == OpKind.Memory ? NativeHandlers<TMemory>.Writer(op.Size, aligned)
            : (op.Flags & OpFlags.Memory) != 0 ? NativeHandlers<TMemory>.Reader(op.Size, aligned)
            : &NativeHandlers<TMemory>.RegisterForm;
        if (op.Handler == null || !NativeStubs.TryPrepare(instruction, ref op))
        {
            op.Handler = &VectorGate.InvalidOpcode;
        }
    }
}
