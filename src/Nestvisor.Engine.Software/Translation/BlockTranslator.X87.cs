using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// x87 instructions run on the guest's own registers in the host's. The instruction and data pointers that the guest can store are
/// put in place once for several instructions, before the code can be left.
/// </summary>
internal sealed partial class BlockTranslator
{
    private X87Pointers _x87;

    /// <summary>Pointers that are due: those of the last instruction, and of the last one with a memory operand.</summary>
    private readonly record struct X87Pointers(int Opcode, int Offset, int Data, Register Segment)
    {
        public static X87Pointers None { get; } = new(-1, 0, 0, Register.None);
    }

    private void EmitX87(int i)
    {
        ref Step step = ref _steps[i];
        Instruction instruction = step.Instruction;
        if (instruction.Code == Code.Wait)
        {
            // Nothing is pending while everything is masked.
            return;
        }

        int data = _x87.Data;
        Register segment = _x87.Segment;
        if (HasMemory(instruction))
        {
            // Two places in turn: that of the instruction before is due if this one leaves.
            data = step.X87Opcode < 0 ? 0 : data == Frame.X87Data ? Frame.X87Data + 8 : Frame.X87Data;
            segment = instruction.MemorySegment;
            EmitAccess(i, step.WritesMemory, 0, data);
            PointToRcx(ref instruction);
        }

        if (step.NeedsFlags)
        {
            NeedHostFlags();
        }

        Encode(instruction);
        if (step.X87Opcode >= 0)
        {
            _x87 = new X87Pointers(step.X87Opcode, (int)step.Instruction.IP, data, segment);
        }

        AfterFlags(i);
    }

    // The word is judged in a register: another processor may change it in memory.
    private void EmitLoadX87Control(int i)
    {
        EmitAccess(i, write: false, 0);
        _code.Write(0x0F, 0xB7, 0x01); // movzx eax, word [rcx]
        _code.OnFrame(false, 0x89, GuestRegisters.Rax, Frame.Temporary1);
        _code.Write(0xF7, 0xD0, 0xA8, 0x3F); // not eax; test al, 3Fh
        AddOperationExit(i, _code.Jump(NotEqual), 0);
        _code.OnFrame(false, 0xD9, 5, Frame.Temporary1); // fldcw [temporary]
    }

    private void EmitStoreX87Status(in Instruction instruction)
    {
        Encode(instruction);
        _code.Write(0x66, 0x44, 0x8B, 0xC8); // mov r9w, ax
    }

    // Keeps the flags.
    private void CommitX87Pointers(in X87Pointers due)
    {
        if (due.Opcode < 0)
        {
            return;
        }

        _code.Load(GuestRegisters.Rax, Frame.PageBase);
        EmitLea(GuestRegisters.Rax, GuestRegisters.Rax, due.Offset);
        StoreX87Pointer(Frame.X87Fip, Register.CS);
        _code.OnFrame(false, 0xC7, 0, Frame.X87Fop);
        _code.WriteInt32(due.Opcode);
        if (due.Data != 0)
        {
            _code.Load(GuestRegisters.Rax, due.Data);
            StoreX87Pointer(Frame.X87Fdp, due.Segment);
        }
    }

    // From RAX. In 32-bit code the selector takes the place of the upper half.
    private void StoreX87Pointer(int place, Register segment)
    {
        _code.Store(GuestRegisters.Rax, place);
        if (!_long)
        {
            LoadSelector(segment);
            _code.OnFrame(false, 0x89, GuestRegisters.Rax, place + 4);
        }
    }
}
