using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>x87 and MMX instructions.</summary>
internal static unsafe class X87Family<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Wait] = BuildWait;
    }

    /// <summary>Builds an instruction that runs on the whole x87 state by a stub.</summary>
    public static void BuildNative(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        bool x87 = StubTraits.IsX87(instruction.Code);
        bool store = instruction.Op0Kind == OpKind.Memory && X87Codes.Stores(instruction.Mnemonic);
        bool memory = (op.Flags & OpFlags.Memory) != 0;
        op.Handler = store ? &X87NativeHandlers<TMemory>.Store : memory ? &X87NativeHandlers<TMemory>.Load : &X87NativeHandlers<TMemory>.RegisterForm;
        op.Register3 = (byte)((X87Codes.IsWaiting(instruction) ? X87Handlers.Waiting : 0)
            | (x87 && !X87Codes.IsControl(instruction.Mnemonic) ? X87Handlers.SetsPointers : 0)
            | (mode.Bitness == 64 ? X87Handlers.Long : 0)
            | (!x87 && NativeCodes.NeedsAlignment(instruction) && op.Size == 16 ? X87Handlers.Aligned : 0));
        if (!NativeStubs.TryPrepare(instruction, ref op))
        {
            op.Handler = &VectorGate.InvalidOpcode;
            return;
        }

        if (x87)
        {
            op.Immediate = (uint)op.Immediate | ((ulong)X87Codes.Fop(instruction) << 32);
        }
    }

    private static void BuildWait(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (mode.Has(BlockMode.MonitorFpu | BlockMode.TaskSwitched))
        {
            op.Handler = &VectorGate.DeviceNotAvailable;
            return;
        }

        op.Handler = &X87Handlers.Wait;
    }
}
