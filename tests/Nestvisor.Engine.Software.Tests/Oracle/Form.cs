using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>One encoding of an instruction, at the place where both sides execute it.</summary>
internal sealed record Form(Instruction Instruction, byte[] Bytes)
{
    public override string ToString() => $"{Instruction.Code} `{Instruction}` {Convert.ToHexString(Bytes)}";
}
