using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>Instructions without control flow.</summary>
internal sealed partial class BlockTranslator
{
    private void EmitPlain(int i)
    {
        ref Step step = ref _steps[i];
        Instruction instruction = step.Instruction;
        if (HasMemory(instruction))
        {
            EmitAccess(i);
            PointToRcx(ref instruction);
        }

        if (step.NeedsFlags)
        {
            NeedHostFlags();
        }

        EncodeOnRegisters(ref instruction, store: true);
        AfterFlags(i);
    }

    private void PointToRcx(ref Instruction instruction)
    {
        instruction.MemoryBase = Register.RCX;
        instruction.MemoryIndex = Register.None;
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplacement64 = (ulong)(long)_displacement;
        instruction.MemoryDisplSize = _displacement == 0 ? 0 : 1;
        instruction.SegmentPrefix = Register.None;
    }

    // Encodes with the host's registers; those of the guest's that are in memory pass through RAX and, beside no memory operand, RCX.
    private void EncodeOnRegisters(ref Instruction instruction, bool store)
    {
        int first = -1;
        int second = -1;
        int written = 0;
        InstructionInfo info = default;
        bool known = false;
        for (int k = 0; k < instruction.OpCount; k++)
        {
            if (instruction.GetOpKind(k) != OpKind.Register || !instruction.GetOpRegister(k).IsGPR())
            {
                continue;
            }

            Register register = instruction.GetOpRegister(k);
            int guest = register.GetFullRegister().GetNumber();
            int host = GuestRegisters.Host(guest);
            if (host == GuestRegisters.InMemory)
            {
                if (!known)
                {
                    info = _info.GetInfo(instruction, InstructionInfoOptions.NoMemoryUsage | InstructionInfoOptions.NoRegisterUsage);
                    known = true;
                }

                bool isFirst = first < 0 || first == guest;
                bool isNew = isFirst ? first < 0 : second < 0;
                host = isFirst ? GuestRegisters.Rax : GuestRegisters.Rcx;
                if (isNew)
                {
                    _code.Load(host, Frame.Gpr(guest));
                }

                if (isFirst)
                {
                    first = guest;
                }
                else
                {
                    second = guest;
                }

                if (info.GetOpAccess(k) is not (OpAccess.Read or OpAccess.CondRead or OpAccess.None))
                {
                    written |= 1 << guest;
                }
            }

            instruction.SetOpRegister(k, GuestRegisters.Sized(host, register.GetSize()));
        }

        Encode(instruction);
        if (store && first >= 0 && (written & (1 << first)) != 0)
        {
            _code.Store(GuestRegisters.Rax, Frame.Gpr(first));
        }

        if (store && second >= 0 && (written & (1 << second)) != 0)
        {
            _code.Store(GuestRegisters.Rcx, Frame.Gpr(second));
        }
    }

    private void EmitLoadAddress(in Instruction instruction)
    {
        EmitAddress(instruction);
        int guest = instruction.Op0Register.GetFullRegister().GetNumber();
        bool wide = instruction.Op0Register.IsGPR64();
        int host = GuestRegisters.Host(guest);
        if (host != GuestRegisters.InMemory)
        {
            _code.RegisterForm(wide, 0x8B, host, GuestRegisters.Rcx);
            return;
        }

        if (!wide)
        {
            _code.Write(0x89, 0xC9); // mov ecx, ecx
        }

        _code.Store(GuestRegisters.Rcx, Frame.Gpr(guest));
    }

    private void EmitShiftByCl(int i)
    {
        Instruction instruction = _steps[i].Instruction;
        bool memory = HasMemory(instruction);
        if (memory)
        {
            EmitAccess(i);
        }

        NeedHostFlags();
        int slot = -1;
        if (memory)
        {
            _code.Move(GuestRegisters.Rax, GuestRegisters.Rcx);
            PointToRcx(ref instruction);
            instruction.MemoryBase = Register.RAX;
        }

        for (int k = 0; k < instruction.OpCount - 1; k++)
        {
            if (instruction.GetOpKind(k) != OpKind.Register)
            {
                continue;
            }

            Register register = instruction.GetOpRegister(k);
            int guest = register.GetFullRegister().GetNumber();
            int host = GuestRegisters.Host(guest);
            if (host == GuestRegisters.InMemory)
            {
                _code.Load(GuestRegisters.Rax, Frame.Gpr(guest));
                host = GuestRegisters.Rax;
                slot = k == 0 ? guest : slot;
            }

            instruction.SetOpRegister(k, GuestRegisters.Sized(host, register.GetSize()));
        }

        _code.RegisterForm(false, 0x8B, GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        Encode(instruction);
        if (slot >= 0)
        {
            _code.Store(GuestRegisters.Rax, Frame.Gpr(slot));
        }

        AfterFlags(i);
    }

    private void EmitMultiply(int i)
    {
        Instruction instruction = _steps[i].Instruction;
        if (instruction.Op0Kind == OpKind.Memory)
        {
            EmitAccess(i);
            PointToRcx(ref instruction);
        }
        else
        {
            int size = instruction.Op0Register.GetSize();
            int host = InHost(instruction.Op0Register.GetFullRegister().GetNumber(), GuestRegisters.Rcx);
            instruction.Op0Register = GuestRegisters.Sized(host, size);
        }

        NeedHostFlags();
        _code.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Encode(instruction);
        _code.Move(GuestRegisters.GuestRax, GuestRegisters.Rax);
        AfterFlags(i);
    }

    // What would raise #DE is left to the interpreter: no exception of the host's comes from translated code.
    private void EmitDivide(int i)
    {
        CodeBuffer c = _code;
        ref Step step = ref _steps[i];
        bool signed = step.Recipe == Recipe.SignedDivide;
        bool wide = step.Instruction.Code is Code.Div_rm64 or Code.Idiv_rm64;
        if (step.Instruction.Op0Kind == OpKind.Memory)
        {
            // Into a register: another processor may change it between the check and the division.
            EmitAccess(i);
            BeforeClobber(i);
            c.Memory(wide, 0x8B, GuestRegisters.Rcx, GuestRegisters.Rcx, -1, 0, _displacement);
        }
        else
        {
            BeforeClobber(i);
            int guest = step.Instruction.Op0Register.GetFullRegister().GetNumber();
            int host = InHost(guest, GuestRegisters.Rcx);
            c.RegisterForm(wide, 0x8B, GuestRegisters.Rcx, host);
        }

        int first;
        int second = 0;
        if (signed)
        {
            // A dividend of one register's width, and a divisor that is neither 0 nor -1.
            c.RegisterForm(wide, 0x8B, GuestRegisters.Rax, GuestRegisters.GuestRax);
            Rex(wide);
            c.Write(0xC1, 0xF8, (byte)(wide ? 63 : 31)); // sar rax, 63
            c.RegisterForm(wide, 0x3B, GuestRegisters.Rax, GuestRegisters.Rdx);
            first = c.Jump(5); // jne
            c.Memory(wide, 0x8D, GuestRegisters.Rax, GuestRegisters.Rcx, -1, 0, 1);
            Rex(wide);
            c.Write(0x83, 0xF8, 1); // cmp rax, 1
            second = c.Jump(6); // jbe
        }
        else
        {
            c.RegisterForm(wide, 0x3B, GuestRegisters.Rdx, GuestRegisters.Rcx);
            first = c.Jump(3); // jae
        }

        AddOperationExit(i, first, second);
        NeedHostFlags();
        c.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Rex(wide);
        c.Write(0xF7, (byte)(signed ? 0xF9 : 0xF1)); // (i)div rcx
        c.Move(GuestRegisters.GuestRax, GuestRegisters.Rax);
        AfterFlags(i);
    }

    private void EmitWidenAccumulator(in Instruction instruction)
    {
        _code.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Encode(instruction);
        _code.Move(GuestRegisters.GuestRax, GuestRegisters.Rax);
    }

    private void EmitSpreadSign(in Instruction instruction)
    {
        _code.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Encode(instruction);
    }

    private void EmitCompareExchange(int i)
    {
        Instruction instruction = _steps[i].Instruction;
        EmitAccess(i, write: true, 0);
        PointToRcx(ref instruction);
        Register register = instruction.Op1Register;
        instruction.Op1Register = GuestRegisters.Sized(GuestRegisters.Host(register.GetFullRegister().GetNumber()), register.GetSize());
        _code.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Encode(instruction);
        _code.Move(GuestRegisters.GuestRax, GuestRegisters.Rax);
        AfterFlags(i);
    }

    private void EmitCompareExchangeWide(int i)
    {
        Instruction instruction = _steps[i].Instruction;
        EmitAccess(i, write: true, instruction.Code == Code.Cmpxchg16b_m128 ? 16 : 0);
        NeedHostFlags();
        PointToRcx(ref instruction);
        instruction.MemoryBase = Register.RDI;
        _code.Store(GuestRegisters.Rdi, Frame.Temporary1);
        _code.Move(GuestRegisters.Rdi, GuestRegisters.Rcx);
        _code.Move(GuestRegisters.Rcx, GuestRegisters.GuestRcx);
        _code.Move(GuestRegisters.Rax, GuestRegisters.GuestRax);
        Encode(instruction);
        _code.Move(GuestRegisters.GuestRax, GuestRegisters.Rax);
        _code.Load(GuestRegisters.Rdi, Frame.Temporary1);
        AfterFlags(i);
    }

    private void Rex(bool wide)
    {
        if (wide)
        {
            _code.WriteByte(0x48);
        }
    }
}
