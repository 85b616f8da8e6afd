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
        _ => 0,
    };
}
