using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>VMASKMOVPS/PD and VPMASKMOVD/Q: elements that the mask leaves out are not accessed and cannot fault.</summary>
internal static unsafe class MaskMoveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        Set(table, Build<uint>, [Code.VEX_Vmaskmovps_xmm_xmm_m128, Code.VEX_Vmaskmovps_ymm_ymm_m256,
            Code.VEX_Vmaskmovps_m128_xmm_xmm, Code.VEX_Vmaskmovps_m256_ymm_ymm,
            Code.VEX_Vpmaskmovd_xmm_xmm_m128, Code.VEX_Vpmaskmovd_ymm_ymm_m256,
            Code.VEX_Vpmaskmovd_m128_xmm_xmm, Code.VEX_Vpmaskmovd_m256_ymm_ymm]);
        Set(table, Build<ulong>, [Code.VEX_Vmaskmovpd_xmm_xmm_m128, Code.VEX_Vmaskmovpd_ymm_ymm_m256,
            Code.VEX_Vmaskmovpd_m128_xmm_xmm, Code.VEX_Vmaskmovpd_m256_ymm_ymm,
            Code.VEX_Vpmaskmovq_xmm_xmm_m128, Code.VEX_Vpmaskmovq_ymm_ymm_m256,
            Code.VEX_Vpmaskmovq_m128_xmm_xmm, Code.VEX_Vpmaskmovq_m256_ymm_ymm]);
    }

    private static void Set(InstructionTable<TMemory> table, OpBuild build, ReadOnlySpan<Code> codes)
    {
        foreach (Code code in codes)
        {
            if (ProvidedFeatures.Covers(code))
            {
                table[code] = build;
            }
        }
    }

    private static void Build<T>(in Instruction instruction, BlockMode mode, ref Op op)
        where T : unmanaged
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        bool store = instruction.Op0Kind == OpKind.Memory;
        op.Register1 = (byte)(store ? instruction.Op2Register : instruction.Op0Register).GetNumber();
        op.Register2 = (byte)instruction.Op1Register.GetNumber();
        op.Size = (byte)(instruction.Op1Register.IsYMM() ? 32 : 16);
        op.Handler = store ? &Store<T> : &Load<T>;
    }

    private static int Load<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        byte* result = s->Scratch;
        new Span<byte>(result, 32).Clear();
        ulong offset = EffectiveAddress.Offset(s, o);
        for (int i = 0; i < o->Size; i += sizeof(T))
        {
            if (!Selected<T>(s, o, i))
            {
                continue;
            }

            int status = TMemory.ReadAt(s, o->Segment, (offset + (uint)i) & o->AddressMask, out T value);
            if (status != Status.Next)
            {
                return status;
            }

            *(T*)(result + i) = value;
        }

        *VectorArea.Low(s, o->Register1) = ((System.Runtime.Intrinsics.Vector128<byte>*)result)[0];
        *VectorArea.High(s, o->Register1) = ((System.Runtime.Intrinsics.Vector128<byte>*)result)[1];
        return Status.Next;
    }

    private static int Store<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong offset = EffectiveAddress.Offset(s, o);
        for (int i = 0; i < o->Size; i += sizeof(T))
        {
            if (Selected<T>(s, o, i))
            {
                int status = TMemory.ProbeWrite(s, o->Segment, (offset + (uint)i) & o->AddressMask, sizeof(T));
                if (status != Status.Next)
                {
                    return status;
                }
            }
        }

        for (int i = 0; i < o->Size; i += sizeof(T))
        {
            if (Selected<T>(s, o, i))
            {
                T value = *(T*)At(s, o->Register1, i);
                int status = TMemory.WriteAt(s, o->Segment, (offset + (uint)i) & o->AddressMask, value);
                if (status != Status.Next)
                {
                    return status;
                }
            }
        }

        return Status.Next;
    }

    private static bool Selected<T>(VpState* s, Op* o, int at)
        where T : unmanaged =>
        (*At(s, o->Register2, at + sizeof(T) - 1) & 0x80) != 0;

    private static byte* At(VpState* s, int register, int at) =>
        at < 16 ? (byte*)VectorArea.Low(s, register) + at : (byte*)VectorArea.High(s, register) + (at - 16);
}
