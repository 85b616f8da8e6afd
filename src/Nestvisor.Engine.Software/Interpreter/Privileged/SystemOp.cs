using Iced.Intel;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>What handlers of system instructions share.</summary>
internal static unsafe class SystemOp
{
    /// <summary>Ends an instruction after which modes, tables or events must be looked at.</summary>
    public static int Leave(VpState* s, Op* o)
    {
        s->Rip = (s->BlockRip + o->Offset + o->Length) & s->RipMask;
        return Status.Leave;
    }

    /// <summary>
    /// <see cref="Leave"/> of a serializing instruction: all stores before it are visible to other processors before anything
    /// after it is read (AMD APM vol. 2 §7.6.4, Intel SDM vol. 3 §9.3).
    /// </summary>
    public static int LeaveSerialized(VpState* s, Op* o)
    {
        Interlocked.MemoryBarrier();
        return Leave(s, o);
    }

    /// <summary>RIP of the running instruction.</summary>
    public static ulong Rip(VpState* s, Op* o) => (s->BlockRip + o->Offset) & s->RipMask;

    /// <summary>RIP of the next instruction.</summary>
    public static ulong NextRip(VpState* s, Op* o) => (s->BlockRip + o->Offset + o->Length) & s->RipMask;

    /// <summary>Whether the running mode is real mode (CR0.PE clear).</summary>
    public static bool RealMode(VpState* s) => (s->Cr0 & Cr0.PE) == 0;

    /// <summary>Whether the running mode is virtual-8086 mode.</summary>
    public static bool Virtual8086(VpState* s) => (s->SystemFlags & Rflags.VM) != 0;

    /// <summary>Whether the running mode is 64-bit mode.</summary>
    public static bool Code64(VpState* s) => s->LinearMask == ulong.MaxValue;

    /// <summary>IOPL.</summary>
    public static int Iopl(VpState* s) => (int)(s->SystemFlags >> 12) & 3;

    /// <summary>Sets the operand size from the width of a memory or register operand.</summary>
    public static byte OperandSize(in Instruction instruction, int operand) =>
        (byte)(instruction.GetOpKind(operand) == OpKind.Register
            ? instruction.GetOpRegister(operand).GetSize()
            : instruction.MemorySize.GetSize());

    /// <summary>Writes a register of 2, 4 or 8 bytes.</summary>
    public static void SetRegister(VpState* s, int offset, int size, ulong value)
    {
        switch (size)
        {
            case 2:
                Registers.Set(s, offset, (ushort)value);
                break;
            case 4:
                Registers.Set(s, offset, (uint)value);
                break;
            default:
                Registers.Set(s, offset, value);
                break;
        }
    }
}
