using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Interpreter;

/// <summary>
/// The opcodes 0F 18 to 0F 1F are kept for hints: whatever of them a processor does not know does nothing (AMD APM vol. 3 appendix A),
/// with any prefix, so that programs use new hints without asking. C++ exceptions read the shadow-stack pointer that way.
/// </summary>
public sealed class ReservedNopTests
{
    [Theory]
    [InlineData(0x66)]
    [InlineData(0xF2)]
    [InlineData(0xF3)]
    [InlineData(0x48)]
    [InlineData(0xF348)]
    [InlineData(0)]
    public void HintOpcodes_AnyForm_DoNothing(int prefixes)
    {
        byte[] before = prefixes switch { 0 => [], > 0xFF => [(byte)(prefixes >> 8), (byte)prefixes], _ => [(byte)prefixes] };
        using BareGuest guest = new();

        Assert.Equal(RunResult.Stopped, guest.Run(a =>
        {
            a.mov(Iced.Intel.AssemblerRegisters.rax, 0x7777_0000_5555);
            for (int opcode = 0x18; opcode <= 0x1F; opcode++)
            {
                for (int reg = 0; reg < 8; reg++)
                {
                    // Registers: RAX and RDX; memory: RIP + 0.
                    a.db([.. before, 0x0F, (byte)opcode, (byte)(0xC0 | (reg << 3))]);
                    a.db([.. before, 0x0F, (byte)opcode, (byte)(0xC2 | (reg << 3))]);
                    a.db([.. before, 0x0F, (byte)opcode, (byte)(0x05 | (reg << 3)), 0, 0, 0, 0]);
                }
            }

            BareGuest.Stop(a);
        }));

        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(0x7777_0000_5555ul, guest.Processor.GetState().Gpr[0]);
    }
}
