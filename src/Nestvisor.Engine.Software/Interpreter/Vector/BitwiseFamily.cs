using System.Runtime.Intrinsics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>A function of two vectors.</summary>
internal interface IBinaryVector
{
    static abstract Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right);
}

/// <summary>Frequent SSE2 integer operations without a stub: logic, and what string functions search with.</summary>
internal static unsafe class BitwiseFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Pxor_xmm_xmmm128] = Build<Xor>;
        table[Code.Xorps_xmm_xmmm128] = Build<Xor>;
        table[Code.Xorpd_xmm_xmmm128] = Build<Xor>;
        table[Code.Pand_xmm_xmmm128] = Build<And>;
        table[Code.Andps_xmm_xmmm128] = Build<And>;
        table[Code.Andpd_xmm_xmmm128] = Build<And>;
        table[Code.Por_xmm_xmmm128] = Build<Or>;
        table[Code.Orps_xmm_xmmm128] = Build<Or>;
        table[Code.Orpd_xmm_xmmm128] = Build<Or>;
        table[Code.Pandn_xmm_xmmm128] = Build<AndNot>;
        table[Code.Andnps_xmm_xmmm128] = Build<AndNot>;
        table[Code.Andnpd_xmm_xmmm128] = Build<AndNot>;
        table[Code.Pcmpeqb_xmm_xmmm128] = Build<EqualBytes>;
        table[Code.Pcmpeqd_xmm_xmmm128] = Build<EqualDoublewords>;
        table[Code.Pminub_xmm_xmmm128] = Build<MinimumBytes>;
        table[Code.Paddd_xmm_xmmm128] = Build<AddDoublewords>;
        table[Code.Paddq_xmm_xmmm128] = Build<AddQuadwords>;
        table[Code.Psubb_xmm_xmmm128] = Build<SubtractBytes>;
        table[Code.Punpcklqdq_xmm_xmmm128] = Build<LowQuadwords>;
        table[Code.Pmovmskb_r32_xmm] = BuildMask;
        table[Code.Pmovmskb_r64_xmm] = BuildMask;
    }

    private static void Build<TOperation>(in Instruction instruction, BlockMode mode, ref Op op)
        where TOperation : struct, IBinaryVector
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        op.Register1 = (byte)instruction.Op0Register.GetNumber();
        if (instruction.Op1Kind == OpKind.Memory)
        {
            op.Handler = &FromMemory<TOperation>;
            return;
        }

        op.Register2 = (byte)instruction.Op1Register.GetNumber();
        op.Handler = &FromRegister<TOperation>;
    }

    private static void BuildMask(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = OpBuilder.RegisterOffset(instruction.Op0Register);
            op.Register2 = (byte)instruction.Op1Register.GetNumber();
            op.Handler = &Mask;
        }
    }

    private static int FromRegister<TOperation>(VpState* s, Op* o)
        where TOperation : struct, IBinaryVector
    {
        Vector128<byte>* target = VectorArea.Low(s, o->Register1);
        *target = TOperation.Apply(*target, *VectorArea.Low(s, o->Register2));
        return Status.Next;
    }

    private static int FromMemory<TOperation>(VpState* s, Op* o)
        where TOperation : struct, IBinaryVector
    {
        if (SimdFault.Misaligned(s, o, 16))
        {
            return Fault.GeneralProtection(s, 0);
        }

        int status = TMemory.Read(s, o, out Vector128<byte> value);
        if (status == Status.Next)
        {
            Vector128<byte>* target = VectorArea.Low(s, o->Register1);
            *target = TOperation.Apply(*target, value);
        }

        return status;
    }

    private static int Mask(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, VectorArea.Low(s, o->Register2)->ExtractMostSignificantBits());
        return Status.Next;
    }

    private readonly struct Xor : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => left ^ right;
    }

    private readonly struct And : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => left & right;
    }

    private readonly struct Or : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => left | right;
    }

    private readonly struct AndNot : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => ~left & right;
    }

    private readonly struct EqualBytes : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => Vector128.Equals(left, right);
    }

    private readonly struct EqualDoublewords : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) =>
            Vector128.Equals(left.AsUInt32(), right.AsUInt32()).AsByte();
    }

    private readonly struct MinimumBytes : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => Vector128.Min(left, right);
    }

    private readonly struct AddDoublewords : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => (left.AsUInt32() + right.AsUInt32()).AsByte();
    }

    private readonly struct AddQuadwords : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => (left.AsUInt64() + right.AsUInt64()).AsByte();
    }

    private readonly struct SubtractBytes : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) => left - right;
    }

    private readonly struct LowQuadwords : IBinaryVector
    {
        public static Vector128<byte> Apply(Vector128<byte> left, Vector128<byte> right) =>
            Vector128.Create(left.AsUInt64()[0], right.AsUInt64()[0]).AsByte();
    }
}
