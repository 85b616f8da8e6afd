using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// REP MOVS and REP STOS that stay on a page and run upwards: the host's instruction on the host's addresses. All others are
/// interpreted.
/// </summary>
internal sealed partial class BlockTranslator
{
    private const int BelowOrEqualNot = 7;

    private void EmitRepeatedStore(int i)
    {
        CodeBuffer c = _code;
        Instruction instruction = _steps[i].Instruction;
        int size = instruction.MemorySize.GetSize();
        BeginString(i, size);
        EmitFits(i, GuestRegisters.Rdi, size);
        LocateString(i, GuestRegisters.Rdi, write: true);
        c.Store(GuestRegisters.Rdi, Frame.Temporary1);
        c.Move(GuestRegisters.Rdi, GuestRegisters.Rcx);
        c.RegisterForm(_long, 0x8B, GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        c.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        EncodeString(instruction);
        AdvanceString(GuestRegisters.Rdi, Frame.Temporary1, size);
        EndString();
    }

    private void EmitRepeatedMove(int i)
    {
        CodeBuffer c = _code;
        Instruction instruction = _steps[i].Instruction;
        int size = instruction.MemorySize.GetSize();
        BeginString(i, size);
        EmitFits(i, GuestRegisters.Rsi, size);
        EmitFits(i, GuestRegisters.Rdi, size);
        LocateString(i, GuestRegisters.Rsi, write: false);
        c.Store(GuestRegisters.Rcx, Frame.Temporary2);
        LocateString(i, GuestRegisters.Rdi, write: true);
        c.Store(GuestRegisters.Rdi, Frame.Temporary1);
        c.Move(GuestRegisters.Rdi, GuestRegisters.Rcx);
        c.Load(GuestRegisters.Rcx, Frame.Temporary2);
        c.Store(GuestRegisters.Rsi, Frame.Temporary3);
        c.Move(GuestRegisters.Rsi, GuestRegisters.Rcx);
        c.RegisterForm(_long, 0x8B, GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        EncodeString(instruction);
        AdvanceString(GuestRegisters.Rdi, Frame.Temporary1, size);
        AdvanceString(GuestRegisters.Rsi, Frame.Temporary3, size);
        EndString();
    }

    // Not more than a page, and upwards.
    private void BeginString(int i, int size)
    {
        BeforeClobber(i);
        _code.Write((byte)(_long ? 0x49 : 0x41), 0x81, 0xFA); // cmp r10, ...
        _code.WriteInt32(4096 / size);
        int many = _code.Jump(BelowOrEqualNot);
        _code.OnFrame(false, 0xF7, 0, Frame.SystemFlags); // test dword [SystemFlags], DF
        _code.WriteInt32((int)Rflags.DF);
        AddOperationExit(i, many, _code.Jump(NotEqual));
        if (!_long)
        {
            // With a count of zero the upper halves stay as they are.
            _code.Write(0x45, 0x85, 0xD2); // test r10d, r10d
            AddOperationExit(i, _code.Jump(NotEqual ^ 1), 0);
        }
    }

    private void EmitFits(int i, int register, int size)
    {
        CodeBuffer c = _code;
        c.RegisterForm(false, 0x8B, GuestRegisters.Rax, register);
        c.WriteByte(0x25); // and eax, 4095
        c.WriteInt32(4095);
        c.Memory(false, 0x8D, GuestRegisters.Rax, GuestRegisters.Rax, GuestRegisters.GuestRcx, System.Numerics.BitOperations.Log2((uint)size), 0);
        c.WriteByte(0x3D); // cmp eax, 4096
        c.WriteInt32(4096);
        AddOperationExit(i, c.Jump(BelowOrEqualNot), 0);
    }

    private void LocateString(int i, int register, bool write)
    {
        _code.RegisterForm(_long, 0x8B, GuestRegisters.Rcx, register);
        EmitCheck(i, 1, write, 0);
    }

    // The guest's register has gained what the count says.
    private void AdvanceString(int register, int kept, int size)
    {
        _code.Load(register, kept);
        _code.Memory(_long, 0x8D, register, register, GuestRegisters.GuestRcx, System.Numerics.BitOperations.Log2((uint)size), 0);
    }

    // mov r10d, 0
    private void EndString()
    {
        _code.Write(0x41, 0xBA);
        _code.WriteInt32(0);
    }

    // On the host's addresses, which have 64 bits.
    private void EncodeString(Instruction instruction)
    {
        instruction.Op0Kind = OpKind.MemoryESRDI;
        if (instruction.Op1Kind != OpKind.Register)
        {
            instruction.Op1Kind = OpKind.MemorySegRSI;
            instruction.SegmentPrefix = Register.None;
        }

        Encode(instruction);
    }

    // With addresses of the code's own size, in segments that begin at 0.
    private static bool IsPageString(in Instruction instruction, BlockMode mode)
    {
        bool wide = mode.Bitness == 64;
        if (!instruction.HasRepPrefix || instruction.HasRepnePrefix || instruction.Op0Kind != (wide ? OpKind.MemoryESRDI : OpKind.MemoryESEDI))
        {
            return false;
        }

        return instruction.Op1Kind == OpKind.Register
            || (instruction.Op1Kind == (wide ? OpKind.MemorySegRSI : OpKind.MemorySegESI) && instruction.MemorySegment is not (Register.FS or Register.GS));
    }
}
