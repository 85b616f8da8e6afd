using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>Makes random instructions of a code, 64- or 32-bit forms.</summary>
internal static class VectorInstructions
{
    /// <summary>Codes that the oracle runs: everything of the provided features that is theirs alone and touches vector or x87 state.</summary>
    public static IEnumerable<Code> Tested(int bitness = 64)
    {
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.Encoding() is (EncodingKind.Legacy or EncodingKind.VEX)
                && ProvidedFeatures.Covers(code)
                && TouchesState(code)
                && code.ToOpCode() is { Fwait: false } info
                && (bitness == 64 ? info.Mode64 : info.Mode32 && info.AmdDecoder32))
            {
                yield return code;
            }
        }
    }

    /// <summary>A random instruction of 64-bit code.</summary>
    public static bool TryMake(Code code, Random random, ulong rip, out Instruction instruction, out byte[] bytes) =>
        TryMake(code, random, rip, 64, out instruction, out bytes);

    /// <summary>An instruction with random registers and immediates; memory operands get a base, at times an index and a displacement.</summary>
    public static bool TryMake(Code code, Random random, ulong rip, int bitness, out Instruction instruction, out byte[] bytes)
    {
        instruction = default;
        bytes = [];
        OpCodeInfo info = code.ToOpCode();
        instruction.Code = code;
        bool memory = random.Next(2) == 0;
        for (int i = 0; i < info.OpCount; i++)
        {
            OpCodeOperandKind kind = info.GetOpKind(i);
            if (!TrySet(ref instruction, i, kind, random, memory, bitness))
            {
                return false;
            }
        }

        Writer writer = new();
        if (!Encoder.Create(bitness, writer).TryEncode(instruction, rip, out _, out _))
        {
            return false;
        }

        bytes = [.. writer.Bytes];
        Decoder decoder = Decoder.Create(bitness, bytes, rip);
        instruction = decoder.Decode();
        return instruction.Code == code;
    }

    private static bool TouchesState(Code code)
    {
        if (StubTraits.IsX87(code) || code is Code.Emms or Code.Wait or Code.VEX_Vzeroall or Code.VEX_Vzeroupper
            or Code.Ldmxcsr_m32 or Code.Stmxcsr_m32 or Code.VEX_Vldmxcsr_m32 or Code.VEX_Vstmxcsr_m32)
        {
            return true;
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            string kind = info.GetOpKind(i).ToString();
            if (kind.StartsWith("xmm") || kind.StartsWith("ymm") || kind.StartsWith("mm_"))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TrySet(ref Instruction instruction, int i, OpCodeOperandKind kind, Random random, bool memory, int bitness)
    {
        int vectors = bitness == 64 ? 16 : 8;
        string name = kind.ToString();
        if (name.EndsWith("_or_mem") && !memory)
        {
            name = name.Replace("_or_mem", "_rm");
        }

        if (name is "mem" || name.EndsWith("_or_mem"))
        {
            Register[] bases = bitness == 64
                ? [Register.RAX, Register.RBX, Register.RSI, Register.RDI, Register.R9, Register.R13, Register.R12, Register.RBP]
                : [Register.EAX, Register.EBX, Register.ESI, Register.EDI, Register.EDX, Register.EBP];
            instruction.SetOpKind(i, OpKind.Memory);
            instruction.MemoryBase = bases[random.Next(bases.Length)];
            instruction.MemoryDisplacement64 = random.Next(3) == 0 ? (ulong)(long)random.Next(-5000, 5000) : 0;
            instruction.MemoryDisplSize = instruction.MemoryDisplacement64 == 0 ? 0 : bitness / 8;
            if (bitness != 64)
            {
                instruction.MemoryDisplacement64 = (uint)instruction.MemoryDisplacement64;
            }

            instruction.MemoryIndexScale = 1;
            if (random.Next(3) == 0)
            {
                instruction.MemoryIndex = bitness != 64 ? Register.ECX : random.Next(2) == 0 ? Register.RCX : Register.R10;
                instruction.MemoryIndexScale = 1 << random.Next(4);
            }

            return true;
        }

        if (name.StartsWith("mem_vsib"))
        {
            instruction.SetOpKind(i, OpKind.Memory);
            instruction.MemoryBase = bitness == 64 ? Register.RBX : Register.EBX;
            instruction.MemoryIndex = (name.EndsWith('y') ? Register.YMM0 : Register.XMM0) + random.Next(vectors);
            instruction.MemoryIndexScale = 1 << random.Next(4);
            return true;
        }

        Register register = name switch
        {
            _ when name.StartsWith("xmm") => Register.XMM0 + random.Next(vectors),
            _ when name.StartsWith("ymm") => Register.YMM0 + random.Next(vectors),
            _ when name.StartsWith("mm_") => Register.MM0 + random.Next(8),
            _ when name.StartsWith("r32") => Register.EAX + NotStack(random, vectors),
            _ when name.StartsWith("r64") => Register.RAX + NotStack(random, vectors),
            "st0" => Register.ST0,
            "sti_opcode" => Register.ST0 + random.Next(8),
            "ax" => Register.AX,
            "seg_rDI" => Register.None,
            _ => Register.CR0,
        };
        switch (name)
        {
            case "imm8":
                instruction.SetOpKind(i, instruction.GetOpKind(i) == OpKind.Immediate8 || HasImmediateBefore(instruction, i) ? OpKind.Immediate8_2nd : OpKind.Immediate8);
                if (instruction.GetOpKind(i) == OpKind.Immediate8_2nd)
                {
                    instruction.Immediate8_2nd = (byte)random.Next(256);
                }
                else
                {
                    instruction.Immediate8 = (byte)random.Next(256);
                }

                return true;
            case "seg_rDI":
                instruction.SetOpKind(i, bitness == 64 ? OpKind.MemorySegRDI : OpKind.MemorySegEDI);
                return true;
        }

        if (register == Register.CR0)
        {
            return false;
        }

        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
        return true;
    }

    private static bool HasImmediateBefore(in Instruction instruction, int before)
    {
        for (int i = 0; i < before; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Immediate8)
            {
                return true;
            }
        }

        return false;
    }

    private static int NotStack(Random random, int registers)
    {
        int number = random.Next(registers - 1);
        return number >= 4 ? number + 1 : number;
    }

    private sealed class Writer : CodeWriter
    {
        public List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
