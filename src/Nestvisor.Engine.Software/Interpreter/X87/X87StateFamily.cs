using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>FNINIT, FNSTSW, FNSTCW and FNCLEX: plain moves of the state, hot in kernels that probe and switch it.</summary>
internal static unsafe class X87StateFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Fninit] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, &Initialize);
        table[Code.Fnclex] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, &ClearExceptions);
        table[Code.Fnstsw_AX] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, &StatusToAx);
        table[Code.Fnstsw_m2byte] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, &StatusToMemory);
        table[Code.Fnstcw_m2byte] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, &ControlToMemory);
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op, delegate*<VpState*, Op*, int> handler)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Handler = handler;
        }
    }

    /// <summary>FNINIT.</summary>
    public static int Initialize(VpState* s, Op* o)
    {
        // FNINIT empties the registers and leaves their contents (AMD APM vol. 5, FINIT); TOP becomes 0.
        X87Stack.Rotate(s, -X87Stack.Top(s));
        new Span<byte>(s->Vector, VectorArea.Mxcsr).Clear();
        *(ushort*)(s->Vector + VectorArea.Fcw) = VectorArea.FcwReset;
        return FloatingMode.Changed(s, o);
    }

    private static int ClearExceptions(VpState* s, Op* o)
    {
        *(ushort*)(s->Vector + VectorArea.Fsw) &= 0x7F00;
        return Status.Next;
    }

    private static int StatusToAx(VpState* s, Op* o)
    {
        Registers.Set(s, Registers.Rax, *(ushort*)(s->Vector + VectorArea.Fsw));
        return Status.Next;
    }

    private static int StatusToMemory(VpState* s, Op* o) => TMemory.Write(s, o, *(ushort*)(s->Vector + VectorArea.Fsw));

    private static int ControlToMemory(VpState* s, Op* o) => TMemory.Write(s, o, *(ushort*)(s->Vector + VectorArea.Fcw));
}
