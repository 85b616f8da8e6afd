using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>All of Iced's codes by mnemonic: families whose forms differ only in operands register a mnemonic at once.</summary>
internal static class MnemonicCodes
{
    private const int CodeCount = (int)Code.VEX_Vsm3rnds2_xmm_xmm_xmmm128_imm8 + 1;
    private static readonly short[] s_next = new short[CodeCount];
    private static readonly short[] s_first = Index();

    /// <summary>Registers one build for every code of a mnemonic.</summary>
    public static void Register<TMemory>(InstructionTable<TMemory> table, Mnemonic mnemonic, OpBuild build)
        where TMemory : struct, IMemoryAccess
    {
        for (int code = s_first[(int)mnemonic]; code != 0; code = s_next[code])
        {
            table[(Code)code] = build;
        }
    }

    private static short[] Index()
    {
        short[] first = new short[4096];
        for (int code = CodeCount - 1; code > 0; code--)
        {
            int mnemonic = (int)((Code)code).Mnemonic();
            s_next[code] = first[mnemonic];
            first[mnemonic] = (short)code;
        }

        return first;
    }
}
