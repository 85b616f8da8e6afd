using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>Which of Iced's codes run natively on saved state, and what of them the operands do not tell.</summary>
internal static class NativeCodes
{
    /// <summary>The codes, those that this host's processor lacks left out.</summary>
    public static IReadOnlyList<Code> All { get; } = Collect();

    /// <summary>Whether an operand is or may be an MMX register.</summary>
    public static bool HasMmx(Code code)
    {
        if (code is Code.Emms or Code.Cvtpi2pd_xmm_mmm64 or Code.Cvtpi2ps_xmm_mmm64)
        {
            return true;
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Legacy SSE wants 16-byte operands aligned but for a few instructions (SHA's among them on AMD's processors); of AVX
    /// only the aligned and streaming moves do.
    /// </summary>
    public static bool NeedsAlignment(in Instruction instruction)
    {
        if (instruction.Code.Encoding() == EncodingKind.VEX)
        {
            return instruction.Mnemonic is Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa
                or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq or Mnemonic.Vmovntdqa;
        }

        return instruction.Mnemonic is not (Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu
            or Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm
            or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64
            or Mnemonic.Sha1rnds4 or Mnemonic.Sha1nexte or Mnemonic.Sha1msg1 or Mnemonic.Sha1msg2
            or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2 or Mnemonic.Sha256rnds2);
    }

    private static Code[] Collect()
    {
        List<Code> codes = [];
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.Encoding() is EncodingKind.Legacy or EncodingKind.VEX && ProvidedFeatures.Covers(code) && HasStateOperand(code))
            {
                codes.Add(code);
            }
        }

        return [.. codes];
    }

    /// <summary>Leaves out fences, prefetches and MOVNTI, which carry the feature bits of SSE but touch none of its state.</summary>
    private static bool HasStateOperand(Code code)
    {
        if (Native.StubTraits.IsX87(code) || code == Code.Emms)
        {
            return true;
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.mm_or_mem or OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm:
                case OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm:
                case OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.xmm_is4 or OpCodeOperandKind.xmm_is5:
                case OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm:
                case OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.ymm_is4 or OpCodeOperandKind.ymm_is5:
                    return true;
            }
        }

        return false;
    }
}
