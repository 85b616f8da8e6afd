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
            && (code.Encoding() is not (EncodingKind.Legacy or EncodingKind.VEX) || !code.ToOpCode().Mode64))];

        Assert.Empty(wrong);
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
                    or OpCodeOperandKind.farbr2_2 or OpCodeOperandKind.farbr4_2 or OpCodeOperandKind.mem_offs
                    or OpCodeOperandKind.seg_rDI or OpCodeOperandKind.seg_rSI or OpCodeOperandKind.es_rDI or OpCodeOperandKind.seg_rBX_al)
                {
                    wrong.Add(code);
                }
            }
        }

        Assert.Empty(wrong);
    }
}
