using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>Where the guest's arithmetic flags are while its code runs.</summary>
internal sealed partial class BlockTranslator
{
    private enum FlagPlace
    {
        /// <summary>In <c>VpState.NativeFlags</c>.</summary>
        Memory,

        /// <summary>In the host's flags.</summary>
        Host,

        /// <summary>In both.</summary>
        Both,

        /// <summary>
        /// Nowhere: nothing reads them before they are set again, and the operands of the instruction that set them are still there,
        /// so that an exit can do it once more.
        /// </summary>
        Recomputable,
    }

    // lahf; seto al; mov [NativeFlags], eax
    private void StoreHostFlags()
    {
        _code.Write(0x9F, 0x0F, 0x90, 0xC0);
        _code.OnFrame(false, 0x89, GuestRegisters.Rax, Frame.NativeFlags);
    }

    // mov eax, [NativeFlags]; add al, 7Fh; sahf
    private void LoadHostFlags()
    {
        _code.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.NativeFlags);
        _code.Write(0x04, 0x7F, 0x9E);
    }

    /// <summary>Before code of our own that changes the host's flags, in step i, which may leave.</summary>
    private void BeforeClobber(int i)
    {
        if (_flags == FlagPlace.Host)
        {
            if (CanRecompute(i))
            {
                _flags = FlagPlace.Recomputable;
                return;
            }

            StoreHostFlags();
        }

        if (_flags != FlagPlace.Recomputable)
        {
            _flags = FlagPlace.Memory;
        }
    }

    /// <summary>Before the block is left for good.</summary>
    private void SaveFlags()
    {
        if (_flags == FlagPlace.Recomputable)
        {
            Recompute(_producer);
            StoreHostFlags();
        }
        else if (_flags == FlagPlace.Host)
        {
            StoreHostFlags();
        }

        _flags = FlagPlace.Memory;
    }

    /// <summary>Before an instruction that reads flags or leaves some of them as they are.</summary>
    private void NeedHostFlags()
    {
        if (_flags == FlagPlace.Recomputable)
        {
            Recompute(_producer);
            _flags = FlagPlace.Host;
        }
        else if (_flags == FlagPlace.Memory)
        {
            LoadHostFlags();
            _flags = FlagPlace.Both;
        }
    }

    /// <summary>After step i.</summary>
    private void AfterFlags(int i)
    {
        if (_steps[i].SetsFlags)
        {
            _flags = FlagPlace.Host;
            _producer = IsRepeatable(_steps[i].Instruction) ? i : -1;
        }
    }

    // The flags of the producer are set again before anyone reads them, and until then every exit can compute them.
    private bool CanRecompute(int from)
    {
        if (_producer < 0)
        {
            return false;
        }

        int operands = OperandMask(_steps[_producer].Instruction);
        for (int k = _producer + 1; k < _count; k++)
        {
            ref Step step = ref _steps[k];
            if (k >= from)
            {
                if (step.Recipe == Recipe.None || step.NeedsFlags)
                {
                    return false;
                }

                if (step.SetsAllFlags)
                {
                    return true;
                }
            }

            if ((step.Written & operands) != 0)
            {
                return false;
            }
        }

        return false;
    }

    private static int OperandMask(in Instruction instruction)
    {
        int mask = 1 << instruction.Op0Register.GetFullRegister().GetNumber();
        return instruction.Op1Kind == OpKind.Register ? mask | (1 << instruction.Op1Register.GetFullRegister().GetNumber()) : mask;
    }

    private static bool IsRepeatable(in Instruction instruction)
    {
        if (instruction.OpCount != 2 || instruction.Op0Kind != OpKind.Register || instruction.Op1Kind == OpKind.Memory
            || !instruction.Op0Register.IsGPR() || GuestRegisters.IsHighByte(instruction.Op0Register)
            || (instruction.Op1Kind == OpKind.Register && GuestRegisters.IsHighByte(instruction.Op1Register)))
        {
            return false;
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cmp or Mnemonic.Test or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor:
                return true;
            case Mnemonic.Add or Mnemonic.Sub:
                return instruction.Op0Register.GetSize() >= 4 && (instruction.Op1Kind != OpKind.Register || instruction.Op1Register != instruction.Op0Register);
            default:
                return false;
        }
    }

    // Sets the host's flags as the producer did; changes nothing but the scratch registers.
    private void Recompute(int producer)
    {
        Instruction instruction = _steps[producer].Instruction;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cmp or Mnemonic.Test:
                EncodeOnRegisters(ref instruction, store: false);
                break;
            case Mnemonic.And or Mnemonic.Or or Mnemonic.Xor:
                EmitTestOfResult(instruction.Op0Register);
                break;
            default:
                EmitInverse(instruction);
                break;
        }
    }

    // Of a logical operation the result tells all.
    private void EmitTestOfResult(Register register)
    {
        int host = InHost(register.GetFullRegister().GetNumber(), GuestRegisters.Rax);
        int size = register.GetSize();
        Register sized = GuestRegisters.Sized(host, size);
        Code code = size switch { 1 => Code.Test_rm8_r8, 2 => Code.Test_rm16_r16, 4 => Code.Test_rm32_r32, _ => Code.Test_rm64_r64 };
        Encode(Instruction.Create(code, sized, sized));
    }

    // The first operand is the result less (or plus) the second one.
    private void EmitInverse(in Instruction instruction)
    {
        int size = instruction.Op0Register.GetSize();
        bool wide = size == 8;
        bool add = instruction.Mnemonic == Mnemonic.Add;
        _code.Move(GuestRegisters.Rax, InHost(instruction.Op0Register.GetFullRegister().GetNumber(), GuestRegisters.Rax));
        if (instruction.Op1Kind == OpKind.Register)
        {
            int second = InHost(instruction.Op1Register.GetFullRegister().GetNumber(), GuestRegisters.Rcx);
            _code.RegisterForm(wide, (byte)(add ? 0x2B : 0x03), GuestRegisters.Rax, second);
            _code.RegisterForm(wide, (byte)(add ? 0x03 : 0x2B), GuestRegisters.Rax, second);
            return;
        }

        int immediate = (int)instruction.GetImmediate(1);
        foreach (bool subtract in (ReadOnlySpan<bool>)[add, !add])
        {
            if (wide)
            {
                _code.WriteByte(0x48);
            }

            _code.WriteByte((byte)(subtract ? 0x2D : 0x05)); // sub/add eax, imm32
            _code.WriteInt32(immediate);
        }
    }

    // The host register of a guest's; one in memory is loaded into the scratch register.
    private int InHost(int guest, int scratch)
    {
        int host = GuestRegisters.Host(guest);
        if (host != GuestRegisters.InMemory)
        {
            return host;
        }

        _code.Load(scratch, Frame.Gpr(guest));
        return scratch;
    }
}
