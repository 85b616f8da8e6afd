using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>FXSAVE and FXRSTOR (AMD APM vol. 2 §11.4.4): an image is 512 bytes, of which the last 96 are left alone.</summary>
internal static unsafe class FxSaveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int ImageSize = 416;

    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Fxsave_m512byte] = BuildSave;
        table[Code.Fxsave64_m512byte] = BuildSave;
        table[Code.Fxrstor_m512byte] = BuildRestore;
        table[Code.Fxrstor64_m512byte] = BuildRestore;
    }

    private static void BuildSave(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!Close(mode, ref op))
        {
            Fill(instruction, mode, ref op);
            op.Handler = &Save;
        }
    }

    private static void BuildRestore(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!Close(mode, ref op))
        {
            Fill(instruction, mode, ref op);
            op.Handler = &Restore;
        }
    }

    private static bool Close(BlockMode mode, ref Op op)
    {
        if (!mode.Has(BlockMode.EmulateFpu) && !mode.Has(BlockMode.TaskSwitched))
        {
            return false;
        }

        op.Handler = &VectorGate.DeviceNotAvailable;
        return true;
    }

    private static void Fill(in Instruction instruction, BlockMode mode, ref Op op)
    {
        op.Register1 = (byte)(instruction.Code is Code.Fxsave64_m512byte or Code.Fxrstor64_m512byte ? 1 : 0);
        op.Register2 = (byte)(mode.Bitness == 64 ? 16 : 8);
    }

    private static int Save(VpState* s, Op* o)
    {
        if (SimdFault.Misaligned(s, o, 16))
        {
            return Fault.GeneralProtection(s, 0);
        }

        byte* image = s->Scratch;
        LegacyImage.Write(s, image, o->Register1 != 0, o->Register2);

        // XMM8 to XMM15 exist in 64-bit mode only; elsewhere their place is left alone.
        int length = o->Register2 == 16 ? ImageSize : VectorArea.Xmm + (8 * 16);
        return TMemory.WriteBytes(s, o->Segment, EffectiveAddress.Offset(s, o), image, length);
    }

    private static int Restore(VpState* s, Op* o)
    {
        if (SimdFault.Misaligned(s, o, 16))
        {
            return Fault.GeneralProtection(s, 0);
        }

        byte* image = s->Scratch;
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), image, VectorArea.LegacySize);
        if (status != Status.Next)
        {
            return status;
        }

        uint mxcsr = *(uint*)(image + VectorArea.Mxcsr);
        if ((mxcsr & ~VectorArea.MxcsrBits) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        LegacyImage.ReadX87(s, image, o->Register1 != 0);
        *VectorArea.MxcsrOf(s) = mxcsr;
        LegacyImage.ReadXmm(s, image, o->Register2);
        return FloatingMode.Changed(s, o);
    }
}
