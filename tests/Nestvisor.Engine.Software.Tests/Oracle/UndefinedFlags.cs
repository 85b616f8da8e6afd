using Iced.Intel;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Flags that the manuals leave undefined and in which the interpreter does not follow the host.</summary>
internal static class UndefinedFlags
{
    public static ulong Of(in Instruction instruction) => instruction.Code switch
    {
        // OF after counts of 16 and more.
        Code.Shld_rm16_r16_imm8 or Code.Shld_rm16_r16_CL => Rflags.OF,

        // AMD APM vol. 3: all but those that the adjustment defines.
        Code.Daa or Code.Das => Rflags.OF,
        Code.Aaa or Code.Aas => Rflags.OF | Rflags.SF | Rflags.ZF | Rflags.PF,
        Code.Aad_imm8 or Code.Aam_imm8 => Rflags.OF | Rflags.AF | Rflags.CF,
        _ => 0,
    };
}
