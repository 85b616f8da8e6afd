using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>FNSTENV, FLDENV, FNSAVE and FRSTOR.</summary>
internal static unsafe class X87EnvironmentFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int RegistersSize = 80;

    public static void Register(InstructionTable<TMemory> table)
    {
        Set(table, Code.Fnstenv_m14byte, Code.Fnstenv_m28byte, &StoreEnvironment);
        Set(table, Code.Fldenv_m14byte, Code.Fldenv_m28byte, &LoadEnvironment);
        Set(table, Code.Fnsave_m94byte, Code.Fnsave_m108byte, &Save);
        Set(table, Code.Frstor_m94byte, Code.Frstor_m108byte, &Restore);
    }

    private static void Set(InstructionTable<TMemory> table, Code narrow, Code wide, delegate*<VpState*, Op*, int> handler)
    {
        nint address = (nint)handler;
        table[narrow] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, address, 14);
        table[wide] = (in Instruction i, BlockMode m, ref Op o) => Build(i, m, ref o, address, 28);
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op, nint handler, int size)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = (byte)size;
            op.Register2 = (byte)(mode.Bitness == 64 ? X87Environment.Flat
                : mode.Has(BlockMode.RealMode) || mode.Has(BlockMode.Virtual8086) ? X87Environment.Real
                : X87Environment.Protected);
            op.Handler = (delegate*<VpState*, Op*, int>)handler;
        }
    }

    private static int StoreEnvironment(VpState* s, Op* o)
    {
        X87Environment.Compose(s, s->Scratch, o->Register1, o->Register2);
        int status = TMemory.WriteBytes(s, o->Segment, EffectiveAddress.Offset(s, o), s->Scratch, o->Register1);
        if (status == Status.Next)
        {
            *(ushort*)(s->Vector + VectorArea.Fcw) |= 0x3F;
            VectorArea.NormalizeX87(s->Vector);
            return FloatingMode.Changed(s, o);
        }

        return status;
    }

    private static int LoadEnvironment(VpState* s, Op* o)
    {
        if (VectorArea.X87Pending(s))
        {
            return X87Handlers.RaisePending(s);
        }

        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), s->Scratch, o->Register1);
        if (status == Status.Next)
        {
            X87Environment.Load(s, s->Scratch, o->Register1, o->Register2);
            return FloatingMode.Changed(s, o);
        }

        return status;
    }

    private static int Save(VpState* s, Op* o)
    {
        byte* image = s->Scratch;
        X87Environment.Compose(s, image, o->Register1, o->Register2);
        for (int i = 0; i < 8; i++)
        {
            byte* from = s->Vector + VectorArea.X87Registers + (16 * i);
            byte* to = image + o->Register1 + (10 * i);
            *(ulong*)to = *(ulong*)from;
            *(ushort*)(to + 8) = *(ushort*)(from + 8);
        }

        int status = TMemory.WriteBytes(s, o->Segment, EffectiveAddress.Offset(s, o), image, o->Register1 + RegistersSize);
        return status == Status.Next ? X87StateFamily<TMemory>.Initialize(s, o) : status;
    }

    private static int Restore(VpState* s, Op* o)
    {
        if (VectorArea.X87Pending(s))
        {
            return X87Handlers.RaisePending(s);
        }

        byte* image = s->Scratch;
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), image, o->Register1 + RegistersSize);
        if (status != Status.Next)
        {
            return status;
        }

        X87Environment.Load(s, image, o->Register1, o->Register2);
        for (int i = 0; i < 8; i++)
        {
            byte* to = s->Vector + VectorArea.X87Registers + (16 * i);
            byte* from = image + o->Register1 + (10 * i);
            *(ulong*)to = *(ulong*)from;
            *(ulong*)(to + 8) = *(ushort*)(from + 8);
        }

        return FloatingMode.Changed(s, o);
    }
}
