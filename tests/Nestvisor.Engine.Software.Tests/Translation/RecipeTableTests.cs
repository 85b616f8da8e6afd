using Iced.Intel;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>What is re-emitted is an allow-list: nothing sensitive is in it.</summary>
public sealed class RecipeTableTests
{
    // Instructions that show or change more than registers and memory, but for SYSCALL and SYSRET to 64-bit code, although user code may run most of them (engine rules, and
    // Intel SDM vol. 3 §25.1.3).
    private static readonly Mnemonic[] s_sensitive =
    [
        Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Ltr,
        Mnemonic.Lmsw, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq,
        Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase, Mnemonic.Wrpkru, Mnemonic.Xgetbv, Mnemonic.Xsetbv,
        Mnemonic.Xsave, Mnemonic.Xsave64, Mnemonic.Xsaveopt, Mnemonic.Xsaveopt64, Mnemonic.Xsavec, Mnemonic.Xsavec64, Mnemonic.Xsaves,
        Mnemonic.Xsaves64, Mnemonic.Xrstor, Mnemonic.Xrstor64, Mnemonic.Xrstors, Mnemonic.Xrstors64, Mnemonic.Fxsave, Mnemonic.Fxsave64,
        Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Ldmxcsr,
        Mnemonic.Vldmxcsr, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdpid, Mnemonic.Rdpru, Mnemonic.Rdpmc, Mnemonic.Cpuid, Mnemonic.Vmcall,
        Mnemonic.Vmmcall, Mnemonic.Vmrun, Mnemonic.Vmload, Mnemonic.Vmsave, Mnemonic.Monitor, Mnemonic.Monitorx, Mnemonic.Mwait,
        Mnemonic.Mwaitx, Mnemonic.Umonitor, Mnemonic.Umwait, Mnemonic.Tpause, Mnemonic.Xbegin, Mnemonic.Xend, Mnemonic.Xabort,
        Mnemonic.Sysret, Mnemonic.Sysenter, Mnemonic.Sysexit, Mnemonic.Int, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Into,
        Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq, Mnemonic.Hlt, Mnemonic.In, Mnemonic.Out, Mnemonic.Rdmsr, Mnemonic.Wrmsr, Mnemonic.Invlpg,
        Mnemonic.Invpcid, Mnemonic.Wbinvd, Mnemonic.Invd, Mnemonic.Clts, Mnemonic.Maskmovdqu, Mnemonic.Maskmovq, Mnemonic.Vmaskmovdqu,
        Mnemonic.Vmaskmovps, Mnemonic.Vpmaskmovd, Mnemonic.Vgatherdps, Mnemonic.Vpgatherdd, Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Pause,
        Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Enter, Mnemonic.Retf, Mnemonic.Std, Mnemonic.Cld,
        Mnemonic.Emms, Mnemonic.Vzeroall,
    ];

    [Fact]
    public void Recipes_SensitiveInstructions_AreInterpreted()
    {
        HashSet<Mnemonic> sensitive = [.. s_sensitive];
        List<Code> wrong = [.. Enum.GetValues<Code>().Where(code => sensitive.Contains(code.Mnemonic()) && RecipeTable.Of(code) != Recipe.None)];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Recipes_OtherEncodingsAndModes_AreInterpreted()
    {
        List<Code> wrong = [.. Enum.GetValues<Code>().Where(code => RecipeTable.Of(code) != Recipe.None
            && (code.Encoding() is not (EncodingKind.Legacy or EncodingKind.VEX) || code.ToOpCode() is { Mode64: false, Mode32: false }))];

        Assert.Empty(wrong);
    }

    /// <summary>What only 32-bit code has is emitted by hand, or has another encoding in 64-bit code.</summary>
    [Fact]
    public void Recipes_Of32BitCodeAlone_AreEncodedOtherwise()
    {
        List<Code> wrong = [.. Enum.GetValues<Code>().Where(code => !code.ToOpCode().Mode64
            && RecipeTable.Of(code) is not (Recipe.None or Recipe.Push or Recipe.Pop or Recipe.Leave or Recipe.PushFlags or Recipe.ReadControlRegister
                or Recipe.Call or Recipe.CallIndirect or Recipe.Jump or Recipe.JumpIndirect or Recipe.JumpConditional or Recipe.Return)
            && !GeneralForms.Of(code).ToOpCode().Mode64)];

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(Code.Inc_r32, Recipe.Plain)]
    [InlineData(Code.Mov_EAX_moffs32, Recipe.Plain)]
    [InlineData(Code.Push_r32, Recipe.Push)]
    [InlineData(Code.Pushd_imm8, Recipe.Push)]
    [InlineData(Code.Pop_r32, Recipe.Pop)]
    [InlineData(Code.Leaved, Recipe.Leave)]
    [InlineData(Code.Pushfd, Recipe.PushFlags)]
    [InlineData(Code.Call_rel32_32, Recipe.Call)]
    [InlineData(Code.Call_rm32, Recipe.CallIndirect)]
    [InlineData(Code.Jmp_rel8_32, Recipe.Jump)]
    [InlineData(Code.Jmp_rm32, Recipe.JumpIndirect)]
    [InlineData(Code.Jne_rel32_32, Recipe.JumpConditional)]
    [InlineData(Code.Retnd_imm16, Recipe.Return)]
    [InlineData(Code.Push_r16, Recipe.None)]
    [InlineData(Code.Push_rm16, Recipe.None)]
    [InlineData(Code.Pop_r16, Recipe.None)]
    [InlineData(Code.Leavew, Recipe.None)]
    [InlineData(Code.Pushfw, Recipe.None)]
    [InlineData(Code.Call_rel16, Recipe.None)]
    [InlineData(Code.Jmp_rel16, Recipe.None)]
    [InlineData(Code.Jne_rel16, Recipe.None)]
    [InlineData(Code.Retnw, Recipe.None)]
    [InlineData(Code.Pushad, Recipe.None)]
    [InlineData(Code.Pushd_DS, Recipe.None)]
    [InlineData(Code.Arpl_rm16_r16, Recipe.None)]
    [InlineData(Code.Arpl_r32m16_r32, Recipe.None)]
    [InlineData(Code.Bound_r32_m3232, Recipe.None)]
    public void Recipe_OfACodeOf32BitCode_IsAsListed(Code code, object recipe) => Assert.Equal(recipe, RecipeTable.Of(code));

    /// <summary>What is emitted as it is asks the host for nothing that nobody has looked for.</summary>
    [Fact]
    public void Recipes_EmittedAsTheyAre_AreTheHosts()
    {
        HashSet<CpuidFeature> asked = [CpuidFeature.MOVBE, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.ADX, CpuidFeature.LZCNT];
        foreach (Code code in Enum.GetValues<Code>())
        {
            Recipe recipe = RecipeTable.Of(code);
            bool always = code.CpuidFeatures().All(HostInstructions.Always.Contains);
            Assert.True(recipe != Recipe.Plain || always || (code.CpuidFeatures().Any(asked.Contains) && HostInstructions.Have(code)), code.ToString());

            // The others with instructions of the guest's in them.
            Assert.True(recipe is not (Recipe.ShiftByCl or Recipe.BitString or Recipe.Multiply or Recipe.Divide or Recipe.SignedDivide) || always, code.ToString());
        }

        Assert.Equal(Recipe.Plain, RecipeTable.Of(Code.Popcnt_r64_rm64));
        Assert.Equal(Recipe.Plain, RecipeTable.Of(Code.Crc32_r64_rm64));
        Assert.Equal(Recipe.Plain, RecipeTable.Of(Code.Mfence));
        Assert.Equal(System.Runtime.Intrinsics.X86.Bmi2.IsSupported ? Recipe.Plain : Recipe.None, RecipeTable.Of(Code.VEX_Pdep_r64_r64_rm64));
        Assert.Equal(System.Runtime.Intrinsics.X86.Lzcnt.IsSupported ? Recipe.Plain : Recipe.None, RecipeTable.Of(Code.Lzcnt_r64_rm64));
    }

    [Fact]
    public void Recipes_FarAndSegmentOperands_AreInterpreted()
    {
        List<Code> wrong = [];

        // String instructions get the host's addresses in RDI and RSI.
        foreach (Code code in Enum.GetValues<Code>().Where(code => RecipeTable.Of(code) is not (Recipe.None or Recipe.RepeatedStore or Recipe.RepeatedMove)))
        {
            OpCodeInfo info = code.ToOpCode();
            for (int i = 0; i < info.OpCount; i++)
            {
                // Reads of a selector and of control registers take them from the guest's state.
                bool read = i == 1 && RecipeTable.Of(code) is Recipe.ReadSelector or Recipe.ReadControlRegister;
                if (!read && info.GetOpKind(i) is OpCodeOperandKind.seg_reg or OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg
                    or OpCodeOperandKind.farbr2_2 or OpCodeOperandKind.farbr4_2
                    or OpCodeOperandKind.seg_rDI or OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI or OpCodeOperandKind.seg_rBX_al)
                {
                    wrong.Add(code);
                }
            }
        }

        Assert.Empty(wrong);
    }
}
