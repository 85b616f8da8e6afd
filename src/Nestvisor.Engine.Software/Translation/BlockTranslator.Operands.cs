using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>Operands that need more than another register: high bytes, and strings of bits.</summary>
internal sealed partial class BlockTranslator
{
    // The register with the high byte passes through RAX, another one through RCX: with a prefix for others there would be no AH.
    private void EmitHighByte(int i)
    {
        ref Step step = ref _steps[i];
        Instruction instruction = step.Instruction;
        InstructionInfo info = _info.GetInfo(instruction, InstructionInfoOptions.NoMemoryUsage | InstructionInfoOptions.NoRegisterUsage);
        if (HasMemory(instruction))
        {
            EmitAccess(i);
            PointToRcx(ref instruction);
        }

        if (step.NeedsFlags)
        {
            NeedHostFlags();
        }

        int first = -1;
        for (int k = 0; k < instruction.OpCount; k++)
        {
            if (instruction.GetOpKind(k) == OpKind.Register && GuestRegisters.IsHighByte(instruction.GetOpRegister(k)))
            {
                first = instruction.GetOpRegister(k).GetFullRegister().GetNumber();
                instruction.SetOpRegister(k, Register.AH);
            }
        }

        LoadGuest(GuestRegisters.Rax, first);
        int second = -1;
        int written = 0;
        for (int k = 0; k < instruction.OpCount; k++)
        {
            if (instruction.GetOpKind(k) != OpKind.Register)
            {
                continue;
            }

            Register register = instruction.GetOpRegister(k);
            int guest = register == Register.AH ? first : register.GetFullRegister().GetNumber();
            if (register != Register.AH)
            {
                bool same = guest == first;
                if (!same)
                {
                    second = guest;
                    LoadGuest(GuestRegisters.Rcx, second);
                }

                instruction.SetOpRegister(k, GuestRegisters.Sized(same ? GuestRegisters.Rax : GuestRegisters.Rcx, register.GetSize()));
            }

            if (info.GetOpAccess(k) is not (OpAccess.Read or OpAccess.CondRead or OpAccess.None))
            {
                written |= 1 << guest;
            }
        }

        Encode(instruction);
        if ((written & (1 << first)) != 0)
        {
            StoreGuest(first, GuestRegisters.Rax);
        }

        if (second >= 0 && (written & (1 << second)) != 0)
        {
            StoreGuest(second, GuestRegisters.Rcx);
        }

        AfterFlags(i);
    }

    private void LoadGuest(int host, int guest)
    {
        int from = GuestRegisters.Host(guest);
        if (from == GuestRegisters.InMemory)
        {
            _code.Load(host, Frame.Gpr(guest));
        }
        else
        {
            _code.Move(host, from);
        }
    }

    private void StoreGuest(int guest, int host)
    {
        int to = GuestRegisters.Host(guest);
        if (to == GuestRegisters.InMemory)
        {
            _code.Store(host, Frame.Gpr(guest));
        }
        else
        {
            _code.Move(to, host);
        }
    }

    // VZEROUPPER of 32-bit code leaves the upper halves of YMM8 to YMM15 alone (AMD APM vol. 4, "VZEROUPPER"). With VEX a move of
    // 128 bits clears the rest.
    private void EmitClearUpperHalves()
    {
        for (int number = 0; number < 8; number++)
        {
            _code.Write(0xC5, 0xF8, 0x28, (byte)(0xC0 | (number * 9))); // vmovaps xmm, xmm
        }
    }

    // The doubleword or quadword that holds the bit, and the index within it.
    private void EmitBitString(int i)
    {
        CodeBuffer c = _code;
        ref Step step = ref _steps[i];
        Instruction instruction = step.Instruction;
        int size = instruction.MemorySize.GetSize();
        int index = instruction.Op1Register.GetFullRegister().GetNumber();
        BeforeClobber(i);
        EmitAddress(instruction);
        AddSegment(instruction);
        LoadGuest(GuestRegisters.Rax, index);
        if (size == 4)
        {
            c.Write(0x48, 0x63, 0xC0); // movsxd rax, eax
        }

        c.Write(0x48, 0xC1, 0xF8, (byte)(size == 4 ? 5 : 6)); // sar rax, 6
        c.Memory(_long, 0x8D, GuestRegisters.Rcx, GuestRegisters.Rcx, GuestRegisters.Rax, size == 4 ? 2 : 3, 0);
        EmitCheck(i, size, step.WritesMemory, 0);
        LoadGuest(GuestRegisters.Rax, index);
        c.Write(0x83, 0xE0, (byte)((size * 8) - 1)); // and eax, 63
        c.Store(GuestRegisters.Rax, Frame.Temporary1);
        NeedHostFlags();
        c.Load(GuestRegisters.Rax, Frame.Temporary1);
        PointToRcx(ref instruction);
        instruction.Op1Register = GuestRegisters.Sized(GuestRegisters.Rax, size);
        Encode(instruction);
        AfterFlags(i);
    }
}
