using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>Properties of x87 instructions.</summary>
internal static class X87Codes
{
    /// <summary>Whether a pending unmasked exception is raised before the instruction (AMD APM vol. 1 §6.8.2).</summary>
    public static bool IsWaiting(in Instruction instruction) => IsWaiting(instruction.Mnemonic)
        && !(instruction.Mnemonic is Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd && instruction.Op1Kind == OpKind.Memory);

    private static bool IsWaiting(Mnemonic mnemonic) => mnemonic is not (Mnemonic.Fninit or Mnemonic.Fnclex or Mnemonic.Fnstsw
        or Mnemonic.Fnstcw or Mnemonic.Fnstenv or Mnemonic.Fnsave or Mnemonic.Fneni or Mnemonic.Fndisi or Mnemonic.Fnsetpm);

    /// <summary>Control instructions leave the instruction and data pointers and the opcode alone.</summary>
    public static bool IsControl(Mnemonic mnemonic) => mnemonic is Mnemonic.Fninit or Mnemonic.Fnclex or Mnemonic.Fnstsw
        or Mnemonic.Fnstcw or Mnemonic.Fnstenv or Mnemonic.Fnsave or Mnemonic.Fneni or Mnemonic.Fndisi or Mnemonic.Fnsetpm
        or Mnemonic.Fldcw or Mnemonic.Fldenv or Mnemonic.Frstor;

    /// <summary>Whether the memory operand is the destination.</summary>
    public static bool Stores(Mnemonic mnemonic) => mnemonic is Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp
        or Mnemonic.Fisttp or Mnemonic.Fbstp or Mnemonic.Fnstcw or Mnemonic.Fnstsw
        or Mnemonic.Movd or Mnemonic.Movq or Mnemonic.Movntq;

    /// <summary>The opcode as FOP has it: the low three bits of the first byte and the ModRM byte.</summary>
    public static ushort Fop(in Instruction instruction)
    {
        Bytes bytes = new();
        Encoder encoder = Encoder.Create(instruction.CodeSize switch { CodeSize.Code16 => 16, CodeSize.Code32 => 32, _ => 64 }, bytes);
        if (!encoder.TryEncode(instruction, instruction.IP, out uint length, out _))
        {
            return 0;
        }

        for (int i = 0; i + 1 < length; i++)
        {
            if (bytes.Buffer[i] is >= 0xD8 and <= 0xDF)
            {
                return (ushort)(((bytes.Buffer[i] & 7) << 8) | bytes.Buffer[i + 1]);
            }
        }

        return 0;
    }

    private sealed class Bytes : CodeWriter
    {
        public readonly byte[] Buffer = new byte[16];
        private int _length;

        public override void WriteByte(byte value) => Buffer[_length++] = value;
    }
}
