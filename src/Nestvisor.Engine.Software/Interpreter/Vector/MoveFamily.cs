using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>Moves of whole vectors and of their lowest elements.</summary>
internal static unsafe class MoveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        Whole(table, false, [Code.Movups_xmm_xmmm128, Code.Movupd_xmm_xmmm128, Code.Movdqu_xmm_xmmm128, Code.Lddqu_xmm_m128,
            Code.Movups_xmmm128_xmm, Code.Movupd_xmmm128_xmm, Code.Movdqu_xmmm128_xmm]);
        Whole(table, true, [Code.Movaps_xmm_xmmm128, Code.Movapd_xmm_xmmm128, Code.Movdqa_xmm_xmmm128, Code.Movntdqa_xmm_m128,
            Code.Movaps_xmmm128_xmm, Code.Movapd_xmmm128_xmm, Code.Movdqa_xmmm128_xmm, Code.Movntps_m128_xmm,
            Code.Movntpd_m128_xmm, Code.Movntdq_m128_xmm]);
        Whole(table, false, [Code.VEX_Vmovups_xmm_xmmm128, Code.VEX_Vmovupd_xmm_xmmm128, Code.VEX_Vmovdqu_xmm_xmmm128,
            Code.VEX_Vlddqu_xmm_m128, Code.VEX_Vmovups_xmmm128_xmm, Code.VEX_Vmovupd_xmmm128_xmm, Code.VEX_Vmovdqu_xmmm128_xmm,
            Code.VEX_Vmovups_ymm_ymmm256, Code.VEX_Vmovupd_ymm_ymmm256, Code.VEX_Vmovdqu_ymm_ymmm256, Code.VEX_Vlddqu_ymm_m256,
            Code.VEX_Vmovups_ymmm256_ymm, Code.VEX_Vmovupd_ymmm256_ymm, Code.VEX_Vmovdqu_ymmm256_ymm]);
        Whole(table, true, [Code.VEX_Vmovaps_xmm_xmmm128, Code.VEX_Vmovapd_xmm_xmmm128, Code.VEX_Vmovdqa_xmm_xmmm128,
            Code.VEX_Vmovntdqa_xmm_m128, Code.VEX_Vmovaps_xmmm128_xmm, Code.VEX_Vmovapd_xmmm128_xmm, Code.VEX_Vmovdqa_xmmm128_xmm,
            Code.VEX_Vmovntps_m128_xmm, Code.VEX_Vmovntpd_m128_xmm, Code.VEX_Vmovntdq_m128_xmm,
            Code.VEX_Vmovaps_ymm_ymmm256, Code.VEX_Vmovapd_ymm_ymmm256, Code.VEX_Vmovdqa_ymm_ymmm256, Code.VEX_Vmovntdqa_ymm_m256,
            Code.VEX_Vmovaps_ymmm256_ymm, Code.VEX_Vmovapd_ymmm256_ymm, Code.VEX_Vmovdqa_ymmm256_ymm,
            Code.VEX_Vmovntps_m256_ymm, Code.VEX_Vmovntpd_m256_ymm, Code.VEX_Vmovntdq_m256_ymm]);
        table[Code.Movd_xmm_rm32] = General<uint>;
        table[Code.Movq_xmm_rm64] = General<ulong>;
        table[Code.Movd_rm32_xmm] = General<uint>;
        table[Code.Movq_rm64_xmm] = General<ulong>;
        table[Code.VEX_Vmovd_xmm_rm32] = General<uint>;
        table[Code.VEX_Vmovq_xmm_rm64] = General<ulong>;
        table[Code.VEX_Vmovd_rm32_xmm] = General<uint>;
        table[Code.VEX_Vmovq_rm64_xmm] = General<ulong>;
        table[Code.Movq_xmm_xmmm64] = Quadword;
        table[Code.Movq_xmmm64_xmm] = Quadword;
        table[Code.Movss_xmm_xmmm32] = Scalar<uint>;
        table[Code.Movss_xmmm32_xmm] = Scalar<uint>;
        table[Code.Movsd_xmm_xmmm64] = Scalar<ulong>;
        table[Code.Movsd_xmmm64_xmm] = Scalar<ulong>;
        table[Code.Movlps_xmm_m64] = Half;
        table[Code.Movlpd_xmm_m64] = Half;
        table[Code.Movhps_xmm_m64] = Half;
        table[Code.Movhpd_xmm_m64] = Half;
        table[Code.Movlps_m64_xmm] = HalfToMemory;
        table[Code.Movlpd_m64_xmm] = HalfToMemory;
        table[Code.Movhps_m64_xmm] = HalfToMemory;
        table[Code.Movhpd_m64_xmm] = HalfToMemory;
    }

    private static void Whole(InstructionTable<TMemory> table, bool aligned, ReadOnlySpan<Code> codes)
    {
        foreach (Code code in codes)
        {
            if (ProvidedFeatures.Covers(code))
            {
                table[code] = aligned ? WholeAligned : WholeUnaligned;
            }
        }
    }

    private static void WholeAligned(in Instruction instruction, BlockMode mode, ref Op op) => BuildWhole(instruction, mode, ref op, true);

    private static void WholeUnaligned(in Instruction instruction, BlockMode mode, ref Op op) => BuildWhole(instruction, mode, ref op, false);

    private static void BuildWhole(in Instruction instruction, BlockMode mode, ref Op op, bool aligned)
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        bool vex = instruction.Code.Encoding() == EncodingKind.VEX;
        if (instruction.Op0Kind == OpKind.Memory)
        {
            op.Register1 = (byte)instruction.Op1Register.GetNumber();
            op.Handler = op.Size == 32
                ? aligned ? &MoveHandlers<TMemory>.StoreAligned256 : &MoveHandlers<TMemory>.Store256
                : aligned ? &MoveHandlers<TMemory>.StoreAligned128 : &MoveHandlers<TMemory>.Store128;
            return;
        }

        op.Register1 = (byte)instruction.Op0Register.GetNumber();
        if (instruction.Op1Kind != OpKind.Memory)
        {
            op.Register2 = (byte)instruction.Op1Register.GetNumber();
            op.Handler = instruction.Op0Register.IsYMM() ? &MoveHandlers<TMemory>.Copy256
                : vex ? &MoveHandlers<TMemory>.CopyZeroing : &MoveHandlers<TMemory>.Copy128;
            return;
        }

        op.Handler = op.Size == 32
            ? aligned ? &MoveHandlers<TMemory>.LoadAligned256 : &MoveHandlers<TMemory>.Load256
            : vex
                ? aligned ? &MoveHandlers<TMemory>.LoadZeroingAligned128 : &MoveHandlers<TMemory>.LoadZeroing128
                : aligned ? &MoveHandlers<TMemory>.LoadAligned128 : &MoveHandlers<TMemory>.Load128;
    }

    private static void General<T>(in Instruction instruction, BlockMode mode, ref Op op)
        where T : unmanaged
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        bool vex = instruction.Code.Encoding() == EncodingKind.VEX;
        if (instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsXMM())
        {
            op.Register1 = (byte)instruction.Op0Register.GetNumber();
            if (instruction.Op1Kind == OpKind.Memory)
            {
                op.Handler = vex ? &MoveHandlers<TMemory>.LoadElementZeroing<T> : &MoveHandlers<TMemory>.LoadElement<T>;
                return;
            }

            op.Register2 = OpBuilder.RegisterOffset(instruction.Op1Register);
            op.Handler = vex ? &MoveHandlers<TMemory>.FromGeneralZeroing<T> : &MoveHandlers<TMemory>.FromGeneral<T>;
            return;
        }

        op.Register1 = (byte)instruction.Op1Register.GetNumber();
        if (instruction.Op0Kind == OpKind.Memory)
        {
            op.Handler = &MoveHandlers<TMemory>.StoreElement<T>;
            return;
        }

        op.Register2 = OpBuilder.RegisterOffset(instruction.Op0Register);
        op.Handler = &MoveHandlers<TMemory>.ToGeneral<T>;
    }

    private static void Quadword(in Instruction instruction, BlockMode mode, ref Op op) =>
        BuildElement<ulong>(instruction, mode, ref op, &MoveHandlers<TMemory>.CopyElement<ulong>);

    private static void Scalar<T>(in Instruction instruction, BlockMode mode, ref Op op)
        where T : unmanaged =>
        BuildElement<T>(instruction, mode, ref op, &MoveHandlers<TMemory>.MergeElement<T>);

    private static void BuildElement<T>(
        in Instruction instruction,
        BlockMode mode,
        ref Op op,
        delegate*<State.VpState*, Op*, int> registerForm)
        where T : unmanaged
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        if (instruction.Op0Kind == OpKind.Memory)
        {
            op.Register1 = (byte)instruction.Op1Register.GetNumber();
            op.Handler = &MoveHandlers<TMemory>.StoreElement<T>;
            return;
        }

        op.Register1 = (byte)instruction.Op0Register.GetNumber();
        if (instruction.Op1Kind == OpKind.Memory)
        {
            op.Handler = &MoveHandlers<TMemory>.LoadElement<T>;
            return;
        }

        op.Register2 = (byte)instruction.Op1Register.GetNumber();
        op.Handler = registerForm;
    }

    private static void Half(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = (byte)instruction.Op0Register.GetNumber();
            op.Register2 = (byte)(instruction.Mnemonic is Mnemonic.Movhps or Mnemonic.Movhpd ? 1 : 0);
            op.Handler = &MoveHandlers<TMemory>.LoadHalf;
        }
    }

    private static void HalfToMemory(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            op.Register1 = (byte)instruction.Op1Register.GetNumber();
            op.Handler = instruction.Mnemonic is Mnemonic.Movhps or Mnemonic.Movhpd
                ? &MoveHandlers<TMemory>.StoreUpper
                : &MoveHandlers<TMemory>.StoreElement<ulong>;
        }
    }
}
