using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// AVX2 gathers: element by element through the memory door. A fault leaves the elements before it loaded and their mask
/// elements clear, so that the instruction goes on where it stopped (Intel SDM vol. 2, VGATHERDPS).
/// </summary>
internal static unsafe class GatherFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        if (!ProvidedFeatures.Covers(Code.VEX_Vpgatherdd_xmm_vm32x_xmm))
        {
            return;
        }

        Set(table, 4, 4, 4, Code.VEX_Vpgatherdd_xmm_vm32x_xmm, Code.VEX_Vgatherdps_xmm_vm32x_xmm);
        Set(table, 4, 4, 8, Code.VEX_Vpgatherdd_ymm_vm32y_ymm, Code.VEX_Vgatherdps_ymm_vm32y_ymm);
        Set(table, 4, 8, 2, Code.VEX_Vpgatherdq_xmm_vm32x_xmm, Code.VEX_Vgatherdpd_xmm_vm32x_xmm);
        Set(table, 4, 8, 4, Code.VEX_Vpgatherdq_ymm_vm32x_ymm, Code.VEX_Vgatherdpd_ymm_vm32x_ymm);
        Set(table, 8, 4, 2, Code.VEX_Vpgatherqd_xmm_vm64x_xmm, Code.VEX_Vgatherqps_xmm_vm64x_xmm);
        Set(table, 8, 4, 4, Code.VEX_Vpgatherqd_xmm_vm64y_xmm, Code.VEX_Vgatherqps_xmm_vm64y_xmm);
        Set(table, 8, 8, 2, Code.VEX_Vpgatherqq_xmm_vm64x_xmm, Code.VEX_Vgatherqpd_xmm_vm64x_xmm);
        Set(table, 8, 8, 4, Code.VEX_Vpgatherqq_ymm_vm64y_ymm, Code.VEX_Vgatherqpd_ymm_vm64y_ymm);
    }

    private static void Set(InstructionTable<TMemory> table, int indexSize, int elementSize, int count, Code integer, Code real)
    {
        OpBuild build = (in Instruction instruction, BlockMode mode, ref Op op) =>
            Build(instruction, mode, ref op, (uint)(count | (indexSize << 8)), elementSize);
        table[integer] = build;
        table[real] = build;
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op, ulong shape, int elementSize)
    {
        if (VectorGate.Close(instruction, mode, ref op))
        {
            return;
        }

        op.Register1 = (byte)instruction.Op0Register.GetNumber();
        op.Register2 = (byte)instruction.Op2Register.GetNumber();
        op.Register3 = (byte)instruction.MemoryIndex.GetNumber();
        if (op.Register1 == op.Register2 || op.Register1 == op.Register3 || op.Register2 == op.Register3)
        {
            op.Handler = &VectorGate.InvalidOpcode;
            return;
        }

        op.Shift = (byte)BitOperations.TrailingZeroCount(instruction.MemoryIndexScale);
        op.Index = VpState.ZeroOffset;
        op.Immediate = shape;
        op.Handler = elementSize == 4 ? &Gather<uint> : &Gather<ulong>;
    }

    private static int Gather<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int count = (byte)o->Immediate;
        bool wideIndex = (byte)(o->Immediate >> 8) == 8;
        ulong basis = Registers.Get<ulong>(s, o->Base) + o->Displacement;
        int perHalf = 16 / sizeof(T);
        int indexesPerHalf = wideIndex ? 2 : 4;
        for (int i = 0; i < count; i++)
        {
            T* mask = (T*)Half(s, o->Register2, i / perHalf) + (i % perHalf);
            if ((((byte*)mask)[sizeof(T) - 1] & 0x80) == 0)
            {
                *mask = default;
                continue;
            }

            byte* indexes = Half(s, o->Register3, i / indexesPerHalf);
            long index = wideIndex ? ((long*)indexes)[i % 2] : ((int*)indexes)[i % 4];
            ulong offset = (basis + ((ulong)index << o->Shift)) & o->AddressMask;
            int status = TMemory.ReadAt(s, o->Segment, offset, out T value);
            if (status != Status.Next)
            {
                return status;
            }

            ((T*)Half(s, o->Register1, i / perHalf))[i % perHalf] = value;
            *mask = default;
        }

        int bytes = count * sizeof(T);
        if (bytes < 16)
        {
            ((ulong*)VectorArea.Low(s, o->Register1))[1] = 0;
        }

        if (bytes <= 16)
        {
            *VectorArea.High(s, o->Register1) = default;
        }

        *VectorArea.Low(s, o->Register2) = default;
        *VectorArea.High(s, o->Register2) = default;
        return Status.Next;
    }

    private static byte* Half(VpState* s, int register, int half) =>
        (byte*)(half == 0 ? VectorArea.Low(s, register) : VectorArea.High(s, register));
}
