using Iced.Intel;
using Nestvisor.Engine.Software.Paging;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>Effective addresses, and the way from them to host memory.</summary>
internal sealed partial class BlockTranslator
{
    private const int EntryShift = 4;

    /// <summary>Makes RCX and <see cref="_displacement"/> the host address of the memory operand of step i, or leaves.</summary>
    private void EmitAccess(int i)
    {
        ref Step step = ref _steps[i];
        EmitAccess(i, step.WritesMemory, step.Aligned ? step.Instruction.MemorySize.GetSize() : 0);
    }

    private void EmitAccess(int i, bool write, int alignment, int keepAt = 0)
    {
        if (_steps[i].Shared != 0)
        {
            EmitSharedAccess(i);
            return;
        }

        ref Instruction instruction = ref _steps[i].Instruction;
        BeforeClobber(i);
        EmitAddress(instruction);
        if (keepAt != 0)
        {
            _code.Store(GuestRegisters.Rcx, keepAt);
        }

        AddSegment(instruction);
        EmitCheck(i, instruction.MemorySize.GetSize(), write, alignment);
    }

    // The others have a base of zero.
    private void AddSegment(in Instruction instruction)
    {
        if (instruction.MemorySegment is Register.FS or Register.GS)
        {
            _code.OnFrame(_long, 0x03, GuestRegisters.Rcx, Frame.SegmentBase + (8 * (instruction.MemorySegment - Register.ES)));
        }
    }

    /// <summary>Makes RCX and <see cref="_displacement"/> the host address of what the stack pointer and a displacement lead to, or leaves.</summary>
    private void EmitStackAccess(int i, int displacement, bool write)
    {
        if (_steps[i].Shared != 0)
        {
            EmitSharedAccess(i);
            return;
        }

        BeforeClobber(i);
        EmitLea(GuestRegisters.Rcx, GuestRegisters.GuestRsp, displacement);
        EmitCheck(i, SlotSize, write, 0);
    }

    // From the linear address in RCX to the host's; the flags are lost, and RAX is scratch again.
    private void EmitCheck(int i, int size, bool write, int alignment)
    {
        int miss = EmitTableCheck(size, write);
        int misaligned = 0;
        if (alignment > 1)
        {
            _code.Write(0xF6, 0xC1, (byte)(alignment - 1)); // test cl, ...
            misaligned = _code.Jump(5);
        }

        EmitHostPage(write);
        AddOperationExit(i, miss, misaligned);
        _displacement = 0;
    }

    private static int TableOf(bool write) => write ? TlbEntry.Count << EntryShift : 0;

    // From the linear address in RCX to its offset in the page; jumps if the table does not have all of it.
    private int EmitTableCheck(int size, bool write)
    {
        CodeBuffer c = _code;
        c.Write(0x89, 0xC8); // mov eax, ecx
        c.Write(0xC1, 0xE8, 12 - EntryShift); // shr eax, 8
        c.WriteByte(0x25); // and eax, ...
        c.WriteInt32((TlbEntry.Count - 1) << EntryShift);

        // Tag and page crossing in one compare: what is left is the offset in the page only if the page is the entry's.
        c.WriteByte(0x65);
        c.Memory(true, 0x33, GuestRegisters.Rcx, GuestRegisters.Rax, -1, 0, TableOf(write)); // xor rcx, gs:[rax + table]
        c.Write(0x48, 0x81, 0xF9); // cmp rcx, ...
        c.WriteInt32(4096 - size);
        return c.Jump(7); // ja
    }

    // add rcx, gs:[rax + table + 8]
    private void EmitHostPage(bool write)
    {
        _code.WriteByte(0x65);
        _code.Memory(true, 0x03, GuestRegisters.Rcx, GuestRegisters.Rax, -1, 0, TableOf(write) + 8);
    }

    /// <summary>Makes RCX the effective address; keeps the flags, uses RAX.</summary>
    private void EmitAddress(in Instruction instruction)
    {
        CodeBuffer c = _code;
        const int Target = GuestRegisters.Rcx;
        Register baseRegister = instruction.MemoryBase;
        if (baseRegister is Register.RIP or Register.EIP)
        {
            long offset = (long)instruction.IPRelativeMemoryAddress;
            if (baseRegister == Register.RIP && offset != (int)offset)
            {
                _failed = true;
            }

            c.Load(Target, Frame.PageBase);
            c.Lea(Target, Target, (int)offset);
        }
        else
        {
            int displacement = (int)instruction.MemoryDisplacement64;
            int index = -1;
            if (instruction.MemoryIndex != Register.None)
            {
                index = InHost(instruction.MemoryIndex.GetFullRegister().GetNumber(), GuestRegisters.Rax);
            }

            int baseHost = baseRegister == Register.None ? -1 : InHost(baseRegister.GetFullRegister().GetNumber(), Target);
            if (baseHost < 0 && index < 0)
            {
                Rex(_long);
                c.Write(0xC7, 0xC1); // mov rcx, imm32
                c.WriteInt32(displacement);
            }
            else if (index < 0 && displacement == 0)
            {
                if (baseHost != Target)
                {
                    c.RegisterForm(_long, 0x8B, Target, baseHost);
                }
            }
            else
            {
                int scale = System.Numerics.BitOperations.TrailingZeroCount(instruction.MemoryIndexScale);
                c.Memory(_long, 0x8D, Target, baseHost, index, scale, displacement);
            }
        }

        if (_long && IsAddress32(instruction))
        {
            c.Write(0x89, 0xC9); // mov ecx, ecx
        }
    }

    private static bool IsAddress32(in Instruction instruction)
    {
        Register register = instruction.MemoryBase != Register.None ? instruction.MemoryBase : instruction.MemoryIndex;
        return register != Register.None && (register == Register.EIP || register.GetSize() == 4);
    }
}
