using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>LDMXCSR, STMXCSR, VZEROUPPER and VZEROALL.</summary>
internal static unsafe class MxcsrFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Ldmxcsr_m32] = BuildLoad;
        table[Code.Stmxcsr_m32] = BuildStore;
        if (ProvidedFeatures.Covers(Code.VEX_Vzeroupper))
        {
            table[Code.VEX_Vldmxcsr_m32] = BuildLoad;
            table[Code.VEX_Vstmxcsr_m32] = BuildStore;
            table[Code.VEX_Vzeroupper] = BuildZeroUpper;
            table[Code.VEX_Vzeroall] = BuildZeroAll;
        }
    }

    private static void BuildLoad(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Handler = &Load;
        }
    }

    private static void BuildStore(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Handler = &Store;
        }
    }

    private static void BuildZeroUpper(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = (byte)(mode.Bitness == 64 ? 16 : 8);
            op.Handler = &ZeroUpper;
        }
    }

    private static void BuildZeroAll(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = (byte)(mode.Bitness == 64 ? 16 : 8);
            op.Handler = &ZeroAll;
        }
    }

    private static int Load(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out uint value);
        if (status != Status.Next)
        {
            return status;
        }

        if ((value & ~VectorArea.MxcsrBits) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        *VectorArea.MxcsrOf(s) = value;
        return FloatingMode.Changed(s, o);
    }

    private static int Store(VpState* s, Op* o) => TMemory.Write(s, o, *VectorArea.MxcsrOf(s));

    private static int ZeroUpper(VpState* s, Op* o)
    {
        new Span<byte>(s->Vector + VectorArea.YmmHigh, 16 * o->Register1).Clear();
        return Status.Next;
    }

    private static int ZeroAll(VpState* s, Op* o)
    {
        new Span<byte>(s->Vector + VectorArea.Xmm, 16 * o->Register1).Clear();
        return ZeroUpper(s, o);
    }
}
