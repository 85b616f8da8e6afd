using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>PUSH, POP and LEAVE.</summary>
internal sealed partial class BlockTranslator
{
    private void EmitPush(int i)
    {
        CodeBuffer c = _code;
        ref Instruction instruction = ref _steps[i].Instruction;
        bool memory = instruction.Op0Kind == OpKind.Memory;
        if (memory)
        {
            EmitAccess(i, write: false, 0);
            c.Memory(_long, 0x8B, GuestRegisters.Rax, GuestRegisters.Rcx, -1, 0, _displacement);
            c.Store(GuestRegisters.Rax, Frame.Temporary1);
        }

        EmitStackAccess(i, -SlotSize, write: true);
        if (memory)
        {
            c.Load(GuestRegisters.Rax, Frame.Temporary1);
            c.Memory(_long, 0x89, GuestRegisters.Rax, GuestRegisters.Rcx, -1, 0, _displacement);
        }
        else if (instruction.Op0Kind == OpKind.Register)
        {
            int host = InHost(instruction.Op0Register.GetNumber(), GuestRegisters.Rax);
            c.Memory(_long, 0x89, host, GuestRegisters.Rcx, -1, 0, _displacement);
        }
        else
        {
            c.Memory(_long, 0xC7, 0, GuestRegisters.Rcx, -1, 0, _displacement); // mov qword [rcx], imm32
            c.WriteInt32((int)instruction.GetImmediate(0));
        }

        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.GuestRsp, -SlotSize);
    }

    private void EmitPop(int i)
    {
        CodeBuffer c = _code;
        EmitStackAccess(i, 0, write: false);
        int guest = _steps[i].Instruction.Op0Register.GetNumber();
        int host = GuestRegisters.Host(guest);
        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.GuestRsp, SlotSize);
        c.Memory(_long, 0x8B, host == GuestRegisters.InMemory ? GuestRegisters.Rax : host, GuestRegisters.Rcx, -1, 0, _displacement);
        if (host == GuestRegisters.InMemory)
        {
            c.Store(GuestRegisters.Rax, Frame.Gpr(guest));
        }
    }

    private void EmitLeave(int i)
    {
        CodeBuffer c = _code;
        if (_steps[i].Shared != 0)
        {
            EmitSharedAccess(i);
        }
        else
        {
            BeforeClobber(i);
            c.RegisterForm(_long, 0x8B, GuestRegisters.Rcx, GuestRegisters.Rbp);
            EmitCheck(i, SlotSize, write: false, 0);
        }

        EmitLea(GuestRegisters.GuestRsp, GuestRegisters.Rbp, SlotSize);
        c.Memory(_long, 0x8B, GuestRegisters.Rbp, GuestRegisters.Rcx, -1, 0, _displacement);
    }
}
