using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// The instructions that are re-emitted, by Iced's codes: an allow-list. Whatever is sensitive, privileged, rare or reaches registers
/// that the translation gives another place without naming them is not in it.
/// </summary>
internal static class RecipeTable
{
    private static readonly Recipe[] s_recipes = Build();

    /// <summary>Whether the host has the instruction that code after code is built on: WRGSBASE.</summary>
    public static bool HostServes { get; } = Platform.HostProcessor.HasUserGsBase;

    /// <summary>How a code is re-emitted.</summary>
    public static Recipe Of(Code code) => s_recipes[(int)code];

    private static Recipe[] Build()
    {
        Code[] codes = Enum.GetValues<Code>();
        Recipe[] recipes = new Recipe[codes.Length];
        foreach (Code code in codes)
        {
            OpCodeInfo info = code.ToOpCode();
            if ((info.Mode64 || info.Mode32) && info.Encoding is EncodingKind.Legacy or EncodingKind.VEX)
            {
                Recipe recipe = OfCode(code, info);
                recipes[(int)code] = recipe != Recipe.Plain || HostInstructions.Have(code) ? recipe : Recipe.None;
            }
        }

        foreach (Code code in NativeCodes.All)
        {
            recipes[(int)code] = StubTraits.IsX87(code) ? OfX87(code) : IsPlainVector(code) ? Recipe.Vector : Recipe.None;
        }

        recipes[(int)Code.Wait] = Recipe.X87;
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Fnclex, Code.Fnstsw_m2byte, Code.Fnstcw_m2byte])
        {
            recipes[(int)code] = Recipe.X87;
        }

        recipes[(int)Code.Fnstsw_AX] = Recipe.StoreX87Status;

        recipes[(int)Code.VEX_Vzeroupper] = Recipe.Vector;
        return recipes;
    }

    private static Recipe OfCode(Code code, OpCodeInfo info)
    {
        switch (code)
        {
            case Code.Movsxd_r16_rm16:
                // Vendors differ in how much it reads.
                return Recipe.None;
            case Code.Push_r64 or Code.Push_rm64 or Code.Pushq_imm8 or Code.Pushq_imm32:
            case Code.Push_r32 or Code.Push_rm32 or Code.Pushd_imm8 or Code.Pushd_imm32:
                return Recipe.Push;
            case Code.Pop_r64 or Code.Pop_r32:
                return Recipe.Pop;
            case Code.Leaveq or Code.Leaved:
                return Recipe.Leave;
            case Code.Call_rel32_64 or Code.Call_rel32_32:
                return Recipe.Call;
            case Code.Call_rm64 or Code.Call_rm32:
                return Recipe.CallIndirect;
            case Code.Jmp_rel8_64 or Code.Jmp_rel32_64 or Code.Jmp_rel8_32 or Code.Jmp_rel32_32:
                return Recipe.Jump;
            case Code.Jmp_rm64 or Code.Jmp_rm32:
                return Recipe.JumpIndirect;
            case Code.Retnq or Code.Retnq_imm16 or Code.Retnd or Code.Retnd_imm16:
                return Recipe.Return;
            case Code.Lea_r16_m or Code.Lea_r32_m or Code.Lea_r64_m:
                return code == Code.Lea_r16_m ? Recipe.None : Recipe.LoadAddress;
            case Code.Cbw or Code.Cwde or Code.Cdqe:
                return Recipe.WidenAccumulator;
            case Code.Cwd or Code.Cdq or Code.Cqo:
                return Recipe.SpreadSign;
            case Code.Mul_rm8 or Code.Mul_rm16 or Code.Mul_rm32 or Code.Mul_rm64:
            case Code.Imul_rm8 or Code.Imul_rm16 or Code.Imul_rm32 or Code.Imul_rm64:
                return Recipe.Multiply;
            case Code.Div_rm32 or Code.Div_rm64:
                return Recipe.Divide;
            case Code.Idiv_rm32 or Code.Idiv_rm64:
                return Recipe.SignedDivide;
            case Code.Cmpxchg_rm8_r8 or Code.Cmpxchg_rm16_r16 or Code.Cmpxchg_rm32_r32 or Code.Cmpxchg_rm64_r64:
                return Recipe.CompareExchange;
            case Code.Cli:
                return Recipe.ClearInterruptFlag;
            case Code.Sti:
                return Recipe.SetInterruptFlag;
            case Code.Clac or Code.Stac:
                return Recipe.SetAlignmentFlag;
            case Code.Swapgs:
                return Recipe.SwapGs;
            case Code.Rdpkru:
                return Recipe.ReadProtectionKeys;
            case Code.Mov_r32m16_Sreg or Code.Mov_r64m16_Sreg:
                return Recipe.ReadSelector;
            case Code.Mov_r64_cr or Code.Mov_r32_cr:
                return Recipe.ReadControlRegister;
            case Code.Stosb_m8_AL or Code.Stosw_m16_AX or Code.Stosd_m32_EAX or Code.Stosq_m64_RAX:
                return Recipe.RepeatedStore;
            case Code.Movsb_m8_m8 or Code.Movsw_m16_m16 or Code.Movsd_m32_m32 or Code.Movsq_m64_m64:
                return Recipe.RepeatedMove;
            case Code.Syscall:
                return Recipe.SystemCall;
            case Code.Sysretq:
                return Recipe.SystemReturn;
            case Code.Pushfq or Code.Pushfd:
                return Recipe.PushFlags;
            case Code.Cmpxchg8b_m64 or Code.Cmpxchg16b_m128:
                return Recipe.CompareExchangeWide;
        }

        if (code.IsJccShortOrNear())
        {
            return info.GetOpKind(0) is OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2 ? Recipe.None : Recipe.JumpConditional;
        }

        return OfMnemonic(code, info);
    }

    private static Recipe OfMnemonic(Code code, OpCodeInfo info)
    {
        switch (code.Mnemonic())
        {
            case Mnemonic.Mov:
                return HasOnlyGeneralOperands(info) ? Recipe.Plain : Recipe.None;
            case Mnemonic.Movzx or Mnemonic.Movsx or Mnemonic.Movsxd or Mnemonic.Movbe or Mnemonic.Movnti or Mnemonic.Bswap:
            case Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb or Mnemonic.And or Mnemonic.Or or Mnemonic.Xor:
            case Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Not or Mnemonic.Xadd:
            case Mnemonic.Xchg or Mnemonic.Imul or Mnemonic.Bsf or Mnemonic.Bsr or Mnemonic.Tzcnt or Mnemonic.Lzcnt or Mnemonic.Popcnt:
            case Mnemonic.Andn or Mnemonic.Bextr or Mnemonic.Blsi or Mnemonic.Blsr or Mnemonic.Blsmsk or Mnemonic.Bzhi:
            case Mnemonic.Pdep or Mnemonic.Pext or Mnemonic.Mulx or Mnemonic.Rorx or Mnemonic.Sarx or Mnemonic.Shlx or Mnemonic.Shrx:
            case Mnemonic.Adcx or Mnemonic.Adox or Mnemonic.Crc32:
                return HasOnlyGeneralOperands(info) ? Recipe.Plain : Recipe.None;
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return info.GetOpKind(1) == OpCodeOperandKind.imm8 ? Recipe.Plain : Recipe.BitString;
            case Mnemonic.Clc or Mnemonic.Stc or Mnemonic.Cmc:
            case Mnemonic.Mfence or Mnemonic.Lfence or Mnemonic.Sfence:
                return Recipe.Plain;
            case Mnemonic.Rcl or Mnemonic.Rcr:
                // What becomes of OF with other counts depends on more than the operands.
                return info.GetOpKind(1) == OpCodeOperandKind.imm8_const_1 ? Recipe.Plain : Recipe.None;
            case Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Rol or Mnemonic.Ror:
                return info.GetOpKind(1) == OpCodeOperandKind.cl ? Recipe.ShiftByCl : Recipe.Plain;
            case Mnemonic.Shld or Mnemonic.Shrd:
                return info.GetOpKind(2) == OpCodeOperandKind.cl ? Recipe.ShiftByCl : Recipe.Plain;
            case Mnemonic.Endbr64 or Mnemonic.Endbr32 or Mnemonic.Nop:
            case Mnemonic.Prefetchnta or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 or Mnemonic.Prefetchw:
                return Recipe.Nothing;
        }

        ConditionCode condition = code.ConditionCode();
        return condition != ConditionCode.None && (code.Mnemonic().ToString().StartsWith("Set", StringComparison.Ordinal)
            || code.Mnemonic().ToString().StartsWith("Cmov", StringComparison.Ordinal))
            ? Recipe.Plain
            : Recipe.None;
    }

    // Neither segment, control nor debug registers.
    private static bool HasOnlyGeneralOperands(OpCodeInfo info)
    {
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem:
                case OpCodeOperandKind.r8_reg or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg:
                case OpCodeOperandKind.r16_rm or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r64_rm:
                case OpCodeOperandKind.r8_opcode or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r64_opcode:
                case OpCodeOperandKind.r32_vvvv or OpCodeOperandKind.r64_vvvv:
                case OpCodeOperandKind.al or OpCodeOperandKind.ax or OpCodeOperandKind.eax or OpCodeOperandKind.rax:
                case OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 or OpCodeOperandKind.imm16 or OpCodeOperandKind.imm32:
                case OpCodeOperandKind.imm8sex16 or OpCodeOperandKind.imm8sex32 or OpCodeOperandKind.imm8sex64:
                case OpCodeOperandKind.imm32sex64 or OpCodeOperandKind.imm64 or OpCodeOperandKind.mem or OpCodeOperandKind.mem_offs:
                    continue;
                default:
                    return false;
            }
        }

        return true;
    }

    private static Recipe OfX87(Code code) => code.Mnemonic() switch
    {
        Mnemonic.Fldcw => Recipe.LoadX87Control,

        // They change the control word, or store pointers.
        Mnemonic.Fninit or Mnemonic.Fldenv or Mnemonic.Fnstenv or Mnemonic.Fnsave or Mnemonic.Frstor => Recipe.None,
        Mnemonic.Fneni or Mnemonic.Fndisi or Mnemonic.Fnsetpm => Recipe.None,
        _ => Recipe.X87,
    };

    private static bool IsPlainVector(Code code)
    {
        if (StubTraits.IsX87(code) || NativeCodes.HasMmx(code) || code == Code.Emms)
        {
            return false;
        }

        Mnemonic mnemonic = code.Mnemonic();
        (bool lengths, bool index) = StubTraits.StringCompare(mnemonic);
        if (lengths || index || mnemonic is Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu or Mnemonic.Vzeroall
            or Mnemonic.Pcmpistrm or Mnemonic.Vpcmpistrm)
        {
            return false;
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.mem_vsib32x or OpCodeOperandKind.mem_vsib32y or OpCodeOperandKind.mem_vsib64x
                or OpCodeOperandKind.mem_vsib64y)
            {
                return false;
            }
        }

        // Masked moves touch memory by element.
        return !mnemonic.ToString().Contains("maskmov", StringComparison.OrdinalIgnoreCase);
    }
}
