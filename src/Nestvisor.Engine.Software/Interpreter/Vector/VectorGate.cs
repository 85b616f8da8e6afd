using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// Whether the control registers let an x87 or vector instruction run (AMD APM vol. 2 §3.1.1, vol. 4 §2.4): decided when the
/// operation is built, since the mode word has all that it depends on.
/// </summary>
internal static unsafe class VectorGate
{
    /// <summary>Makes the operation raise #UD or #NM if it must.</summary>
    /// <returns>True if the operation is settled so.</returns>
    public static bool Close(in Instruction instruction, BlockMode mode, ref Op op)
    {
        EncodingKind encoding = instruction.Code.Encoding();
        if (encoding == EncodingKind.VEX)
        {
            bool enabled = mode.Has(BlockMode.AvxEnabled) && !mode.Has(BlockMode.RealMode) && !mode.Has(BlockMode.Virtual8086);
            return Settle(!enabled, mode.Has(BlockMode.TaskSwitched), ref op);
        }

        if (StubTraits.IsX87(instruction.Code))
        {
            return Settle(false, mode.Has(BlockMode.EmulateFpu) || mode.Has(BlockMode.TaskSwitched), ref op);
        }

        bool sse = !IsMmxOnly(instruction.Code);
        return Settle(
            mode.Has(BlockMode.EmulateFpu) || (sse && !mode.Has(BlockMode.SseEnabled)),
            mode.Has(BlockMode.TaskSwitched),
            ref op);
    }

    /// <summary>Handler of an instruction that does not exist in this mode.</summary>
    public static int InvalidOpcode(VpState* s, Op* o) => Fault.InvalidOpcode(s);

    /// <summary>Handler of an instruction while CR0.TS or CR0.EM is set.</summary>
    public static int DeviceNotAvailable(VpState* s, Op* o) => Fault.DeviceNotAvailable(s);

    /// <summary>Whether the code names MMX but no XMM registers: such instructions do not ask for CR4.OSFXSR.</summary>
    public static bool IsMmxOnly(Code code)
    {
        if (code is Code.Emms or Code.Maskmovq_rDI_mm_mm)
        {
            return true;
        }

        bool mmx = false;
        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            OpCodeOperandKind kind = info.GetOpKind(i);
            if (kind is OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_or_mem)
            {
                return false;
            }

            mmx |= kind is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm;
        }

        return mmx;
    }

    private static bool Settle(bool invalid, bool notAvailable, ref Op op)
    {
        if (invalid)
        {
            op.Handler = &InvalidOpcode;
        }
        else if (notAvailable)
        {
            op.Handler = &DeviceNotAvailable;
        }

        return invalid || notAvailable;
    }
}
