using Iced.Intel;

namespace Nestvisor.Engine.Software.Native;

/// <summary>What a stub has to know of an instruction beyond its operands.</summary>
internal static class StubTraits
{
    /// <summary>x87 and MMX instructions, and those that convert from and to MMX registers.</summary>
    public static bool UsesX87State(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Emms or Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd || IsX87(instruction.Code))
        {
            return true;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsMM())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the code is of the x87 instruction set.</summary>
    public static bool IsX87(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Instructions that obey MXCSR or raise SIMD floating-point exceptions (AMD APM vol. 4 appendix A).</summary>
    public static bool UsesMxcsr(Mnemonic mnemonic)
    {
        string name = mnemonic.ToString();
        ReadOnlySpan<char> stem = name.AsSpan(name[0] == 'V' ? 1 : 0);
        if (stem.StartsWith("Cvt", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!stem.EndsWith("ps") && !stem.EndsWith("pd") && !stem.EndsWith("ss") && !stem.EndsWith("sd"))
        {
            return false;
        }

        foreach (string start in Arithmetic)
        {
            if (stem.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>PCMPxSTRx: whether EAX and EDX hold lengths, and whether ECX gets an index.</summary>
    public static (bool Lengths, bool Index) StringCompare(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Pcmpestri or Mnemonic.Vpcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Vpcmpestri64 => (true, true),
        Mnemonic.Pcmpestrm or Mnemonic.Vpcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Vpcmpestrm64 => (true, false),
        Mnemonic.Pcmpistri or Mnemonic.Vpcmpistri => (false, true),
        _ => (false, false),
    };

    /// <summary>Whether the first general register operand is written; it is operand 0 then.</summary>
    public static bool WritesGeneral(in Instruction instruction, InstructionInfoFactory factory) =>
        instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsGPR()
        && factory.GetInfo(instruction).Op0Access is not (OpAccess.None or OpAccess.Read or OpAccess.CondRead or OpAccess.NoMemAccess);

    private static readonly string[] Arithmetic =
    [
        "Add", "Sub", "Mul", "Div", "Sqrt", "Min", "Max", "Cmp", "Comis", "Ucomis", "Round", "Dpp", "Hadd", "Hsub",
        "Rcp", "Rsqrt", "Fmadd", "Fmsub", "Fnmadd", "Fnmsub",
    ];
}
