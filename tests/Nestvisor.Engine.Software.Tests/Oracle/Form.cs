using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>One encoding of an instruction, at the place where both sides execute it.</summary>
internal sealed record Form(Instruction Instruction, byte[] Bytes, int Bitness = 64)
{
    /// <summary>Whether it is 16- or 32-bit code.</summary>
    public bool IsLegacy => Bitness != 64;

    /// <summary>Base of the segment that an operand names.</summary>
    public ulong BaseOf(Register segment) =>
        segment == Register.GS ? LegacySegments.GsBase : IsLegacy ? LegacySegments.DataBase : 0;

    public override string ToString() => $"{Bitness}-bit {Instruction.Code} `{Instruction}` {Convert.ToHexString(Bytes)}";
}
