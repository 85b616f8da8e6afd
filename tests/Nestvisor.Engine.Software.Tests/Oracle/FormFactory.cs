using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Prefixes that a form is to have.</summary>
internal enum FormPrefix
{
    None,
    Lock,
    Rep,
    Repne,
}

/// <summary>Makes random encodings of any of Iced's codes from the kinds of its operands.</summary>
internal sealed class FormFactory(ulong address, ulong landing, int bitness = 64)
{
    private static readonly Register[] s_bases =
    [
        Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RSP, Register.RBP, Register.RSI, Register.RDI,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    private readonly Sink _sink = new();
    private bool _narrowStrings;

    /// <summary>Makes one; null with the reason if the code cannot be encoded with such operands.</summary>
    public Form? TryCreate(Random random, Code code, bool memory, FormPrefix prefix, out string reason)
    {
        reason = "";
        for (int attempt = 0; attempt < 40; attempt++)
        {
            Instruction instruction = new() { Code = code };
            OpCodeInfo info = code.ToOpCode();
            bool usesMemory = false;
            _narrowStrings = random.Next(4) == 0;
            for (int i = 0; i < info.OpCount; i++)
            {
                if (!SetOperand(random, ref instruction, i, info.GetOpKind(i), memory, ref usesMemory))
                {
                    reason = $"operand kind {info.GetOpKind(i)}";
                    return null;
                }
            }

            if (memory && !usesMemory)
            {
                reason = "no memory operand";
                return null;
            }

            // Absolute operands are chosen without a base.
            bool absolute = bitness == 64 && !instruction.MemoryBase.IsGPR() && !instruction.IsStringInstruction;
            if (usesMemory && !absolute && random.Next(4) == 0)
            {
                instruction.SegmentPrefix = Register.GS;
            }

            instruction.HasLockPrefix = prefix == FormPrefix.Lock;
            instruction.HasRepePrefix = prefix == FormPrefix.Rep;
            instruction.HasRepnePrefix = prefix == FormPrefix.Repne;
            _sink.Bytes.Clear();
            Encoder encoder = Encoder.Create(bitness, _sink);
            if (!encoder.TryEncode(instruction, address, out _, out string? error))
            {
                reason = error ?? "not encodable";
                continue;
            }

            byte[] bytes = [.. _sink.Bytes];
            Decoder decoder = Decoder.Create(bitness, new ByteArrayCodeReader(bytes), address, DecoderOptions.AMD);
            Instruction decoded = decoder.Decode();
            if (decoded.Code == code && decoded.Length == bytes.Length)
            {
                return new Form(decoded, bytes, bitness);
            }

            reason = $"decodes as {decoded.Code}";
        }

        return null;
    }

    private bool SetOperand(Random random, ref Instruction instruction, int i, OpCodeOperandKind kind, bool memory, ref bool usesMemory)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem:
            case OpCodeOperandKind.mem_mib:
                usesMemory = true;
                SetMemory(random, ref instruction, i);
                return memory;
            case OpCodeOperandKind.mem_offs:
                usesMemory = true;
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryDisplSize = bitness / 8;
                instruction.MemoryDisplacement64 = bitness == 64
                    ? Arena.RandomAddress(random, 8) & 0x7FFFFFFF
                    : LegacyOffset(random);
                return memory;
            case OpCodeOperandKind.seg_rSI:
                usesMemory = true;
                instruction.SetOpKind(i, StringKind(OpKind.MemorySegSI, OpKind.MemorySegESI, OpKind.MemorySegRSI));
                return true;
            case OpCodeOperandKind.es_rDI:
                usesMemory = true;
                instruction.SetOpKind(i, StringKind(OpKind.MemoryESDI, OpKind.MemoryESEDI, OpKind.MemoryESRDI));
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                usesMemory = true;
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = bitness switch { 64 => Register.RBX, 32 => Register.EBX, _ => Register.BX };
                instruction.MemoryIndex = Register.AL;
                return true;
            case OpCodeOperandKind.br64_1:
            case OpCodeOperandKind.br64_4:
                instruction.SetOpKind(i, OpKind.NearBranch64);
                instruction.NearBranch64 = landing;
                return true;
            case OpCodeOperandKind.br16_1 when bitness == 16:
            case OpCodeOperandKind.br16_2 when bitness == 16:
                instruction.SetOpKind(i, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)landing;
                return true;
            case OpCodeOperandKind.br32_1 when bitness != 64:
            case OpCodeOperandKind.br32_4 when bitness != 64:
                instruction.SetOpKind(i, OpKind.NearBranch32);
                instruction.NearBranch32 = (uint)landing;
                return true;
            case OpCodeOperandKind.imm8_const_1:
                instruction.SetOpKind(i, OpKind.Immediate8);
                instruction.SetImmediate(i, 1u);
                return true;
            case OpCodeOperandKind.imm8:
                // The second of two immediates has a kind of its own.
                OpKind eight = i > 0 && instruction.GetOpKind(i - 1) is OpKind.Immediate8 or OpKind.Immediate16
                    ? OpKind.Immediate8_2nd
                    : OpKind.Immediate8;
                instruction.SetOpKind(i, eight);
                instruction.SetImmediate(i, (uint)(byte)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm8sex16:
                instruction.SetOpKind(i, OpKind.Immediate8to16);
                instruction.SetImmediate(i, (sbyte)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm8sex32:
                instruction.SetOpKind(i, OpKind.Immediate8to32);
                instruction.SetImmediate(i, (sbyte)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm8sex64:
                instruction.SetOpKind(i, OpKind.Immediate8to64);
                instruction.SetImmediate(i, (long)(sbyte)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm16:
                instruction.SetOpKind(i, OpKind.Immediate16);
                instruction.SetImmediate(i, (uint)(ushort)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm32:
                instruction.SetOpKind(i, OpKind.Immediate32);
                instruction.SetImmediate(i, (uint)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm32sex64:
                instruction.SetOpKind(i, OpKind.Immediate32to64);
                instruction.SetImmediate(i, (long)(int)RandomValues.Next(random));
                return true;
            case OpCodeOperandKind.imm64:
                instruction.SetOpKind(i, OpKind.Immediate64);
                instruction.SetImmediate(i, RandomValues.Next(random));
                return true;
        }

        (Register first, int count, bool orMemory) = RegisterRange(kind);
        count = bitness == 64 ? count : Math.Min(count, 8);
        if (first == Register.None)
        {
            return false;
        }

        if (orMemory && memory)
        {
            usesMemory = true;
            SetMemory(random, ref instruction, i);
            return true;
        }

        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, first + random.Next(count));
        return true;
    }

    private static (Register First, int Count, bool OrMemory) RegisterRange(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.r8_or_mem => (Register.AL, 20, true),
        OpCodeOperandKind.r16_or_mem => (Register.AX, 16, true),
        OpCodeOperandKind.r32_or_mem => (Register.EAX, 16, true),
        OpCodeOperandKind.r64_or_mem => (Register.RAX, 16, true),
        OpCodeOperandKind.mm_or_mem => (Register.MM0, 8, true),
        OpCodeOperandKind.xmm_or_mem => (Register.XMM0, 16, true),
        OpCodeOperandKind.ymm_or_mem => (Register.YMM0, 16, true),
        OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode => (Register.AL, 20, false),
        OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_rm or OpCodeOperandKind.r16_opcode => (Register.AX, 16, false),
        OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r32_opcode or OpCodeOperandKind.r32_vvvv =>
            (Register.EAX, 16, false),
        OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r64_opcode or OpCodeOperandKind.r64_vvvv =>
            (Register.RAX, 16, false),
        OpCodeOperandKind.mm_reg or OpCodeOperandKind.mm_rm => (Register.MM0, 8, false),
        OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_vvvv or OpCodeOperandKind.xmm_is4 =>
            (Register.XMM0, 16, false),
        OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_rm or OpCodeOperandKind.ymm_vvvv or OpCodeOperandKind.ymm_is4 =>
            (Register.YMM0, 16, false),
        OpCodeOperandKind.al => (Register.AL, 1, false),
        OpCodeOperandKind.cl => (Register.CL, 1, false),
        OpCodeOperandKind.ax => (Register.AX, 1, false),
        OpCodeOperandKind.dx => (Register.DX, 1, false),
        OpCodeOperandKind.eax => (Register.EAX, 1, false),
        OpCodeOperandKind.rax => (Register.RAX, 1, false),
        OpCodeOperandKind.st0 => (Register.ST0, 1, false),
        OpCodeOperandKind.sti_opcode => (Register.ST0, 8, false),
        _ => (Register.None, 0, false),
    };

    private OpKind StringKind(OpKind by16, OpKind by32, OpKind by64) => bitness switch
    {
        64 => _narrowStrings ? by32 : by64,
        32 => _narrowStrings ? by16 : by32,
        _ => _narrowStrings ? by32 : by16,
    };

    private static ulong LegacyOffset(Random random) => 0x1000 + (ulong)random.Next(Arena.Bytes - 16);

    private void SetLegacyMemory(Random random, ref Instruction instruction)
    {
        bool by16 = (bitness == 16) != (random.Next(4) == 0);
        if (random.Next(10) == 0)
        {
            instruction.MemoryDisplSize = by16 ? 2 : 4;
            instruction.MemoryDisplacement64 = LegacyOffset(random);
            return;
        }

        int displacement = random.Next(3) switch
        {
            0 => random.Next(-128, 128),
            1 => by16 ? random.Next(-32768, 32768) : random.Next(int.MinValue, int.MaxValue),
            _ => 0,
        };
        instruction.MemoryDisplSize = displacement == 0 ? 0 : displacement is >= -128 and < 128 ? 1 : by16 ? 2 : 4;
        instruction.MemoryDisplacement64 = by16 ? (ushort)displacement : (uint)displacement;
        if (by16)
        {
            (instruction.MemoryBase, instruction.MemoryIndex) = random.Next(8) switch
            {
                0 => (Register.BX, Register.SI),
                1 => (Register.BX, Register.DI),
                2 => (Register.BP, Register.SI),
                3 => (Register.BP, Register.DI),
                4 => (Register.SI, Register.None),
                5 => (Register.DI, Register.None),
                6 => (Register.BX, Register.None),
                _ => (Register.BP, Register.None),
            };
            if (instruction.MemoryBase == Register.BP && instruction.MemoryIndex == Register.None && displacement == 0)
            {
                instruction.MemoryDisplSize = 1;
            }

            return;
        }

        int number = random.Next(8);
        instruction.MemoryBase = Register.EAX + number;
        int index = random.Next(8);
        if (random.Next(2) == 0 && index != number && index != 4)
        {
            instruction.MemoryIndex = Register.EAX + index;
            instruction.MemoryIndexScale = 1 << random.Next(4);
        }
    }

    private void SetMemory(Random random, ref Instruction instruction, int i)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        if (bitness != 64)
        {
            SetLegacyMemory(random, ref instruction);
            return;
        }

        int kind = random.Next(10);
        if (kind == 0)
        {
            instruction.MemoryBase = Register.RIP;
            instruction.MemoryDisplSize = 8;
            instruction.MemoryDisplacement64 = Arena.Start + (ulong)random.Next(Arena.Bytes);
            return;
        }

        if (kind == 1)
        {
            instruction.MemoryDisplSize = 8;
            instruction.MemoryDisplacement64 = Arena.Start + (ulong)random.Next(Arena.Bytes);
            return;
        }

        bool narrow = kind == 2;
        int baseNumber = random.Next(16);
        instruction.MemoryBase = s_bases[baseNumber] - (narrow ? Register.RAX - Register.EAX : 0);
        int index = random.Next(16);
        if (kind >= 6 && index != baseNumber && index != 4)
        {
            instruction.MemoryIndex = s_bases[index];
            instruction.MemoryIndexScale = 1 << random.Next(4);
        }

        switch (random.Next(3))
        {
            case 0:
                instruction.MemoryDisplSize = 1;
                instruction.MemoryDisplacement64 = Displacement((sbyte)random.Next(-128, 128), narrow);
                break;
            case 1:
                instruction.MemoryDisplSize = narrow ? 4 : 8;
                instruction.MemoryDisplacement64 = Displacement(random.Next(int.MinValue, int.MaxValue), narrow);
                break;
        }
    }

    private static ulong Displacement(int value, bool narrow) => narrow ? (uint)value : (ulong)(long)value;

    private sealed class Sink : Iced.Intel.CodeWriter
    {
        public List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
