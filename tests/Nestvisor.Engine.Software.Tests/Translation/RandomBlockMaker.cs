using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;
using Nestvisor.Engine.Software.Tests.Vector;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>Makes runs of random instructions; before one with a memory operand its registers are aimed at the arena.</summary>
internal sealed class RandomBlockMaker
{
    private readonly ulong _slot;
    private readonly int _bitness;
    private readonly ulong _dataBase;
    private readonly FormFactory _factory;
    private readonly Code[] _integer;
    private readonly Code[] _vector;
    private readonly Code[] _interpreted;

    /// <summary>Makes one.</summary>
    /// <param name="runner">Knows where the code is.</param>
    /// <param name="bitness">Size of the code, 64 or 32.</param>
    /// <param name="dataBase">Where the data segments begin.</param>
    public RandomBlockMaker(NativeRunner runner, int bitness, ulong dataBase)
    {
        _slot = runner.SlotOf(bitness);
        _bitness = bitness;
        _dataBase = dataBase;
        _factory = new FormFactory(_slot, runner.LandingOf(bitness), bitness);
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        Code[] all = [.. Enum.GetValues<Code>().Where(c => table[c] != null && Exists(c.ToOpCode()) && c.FlowControl() == FlowControl.Next
            && UndefinedFlags.Of(new Instruction { Code = c }) == 0)];
        _integer = [.. all.Where(c => RecipeTable.Of(c) != Recipe.None)];
        _interpreted = [.. all.Where(c => RecipeTable.Of(c) == Recipe.None && !new Instruction { Code = c }.IsStringInstruction)];
        _vector = [.. VectorInstructions.Tested(bitness).Where(c => RecipeTable.Of(c) != Recipe.None)];
    }

    public List<Instruction> Make(Random random, int count, out byte[] bytes)
    {
        List<byte> code = [];
        Register shared = Register.None;
        while (count > 0 && code.Count < 800)
        {
            if (random.Next(16) == 0)
            {
                // Six instructions with what it needs.
                AppendString(random, code);
                count -= 6;
                continue;
            }

            Instruction? made = MakeOne(random);
            if (made is not Instruction instruction)
            {
                continue;
            }

            if (IsAddress(instruction.MemoryBase) && shared != Register.None && random.Next(2) == 0)
            {
                // Near what another instruction was aimed at, as long as nothing has changed the register.
                instruction.MemoryBase = shared;
                instruction.MemoryIndex = Register.None;
                instruction.MemoryIndexScale = 1;
                int displacement = random.Next(-80, 80);
                instruction.MemoryDisplacement64 = _bitness == 64 ? (ulong)(long)displacement : (uint)displacement;
                instruction.MemoryDisplSize = _bitness / 8;
            }
            else if (IsAddress(instruction.MemoryBase) && random.Next(8) != 0)
            {
                Aim(random, code, instruction);
                shared = instruction.MemoryBase;
            }

            Append(code, instruction);
            count--;
        }

        // A tail that sets all flags, so that the flags of some before it are dead.
        if (random.Next(2) == 0)
        {
            Append(code, _bitness == 64
                ? Instruction.Create(Code.Cmp_rm64_r64, Register.RAX, Register.RBX)
                : Instruction.Create(Code.Cmp_rm32_r32, Register.EAX, Register.EBX));
        }

        bytes = [.. code];
        List<Instruction> result = [];
        Decoder decoder = Decoder.Create(_bitness, new ByteArrayCodeReader(bytes), _slot, DecoderOptions.AMD);
        while (decoder.IP < _slot + (ulong)bytes.Length)
        {
            result.Add(decoder.Decode());
        }

        return result;
    }

    private Instruction? MakeOne(Random random)
    {
        bool memory = random.Next(2) == 0;
        int kind = random.Next(10);
        if (kind < 2)
        {
            return VectorInstructions.TryMake(_vector[random.Next(_vector.Length)], random, _slot, _bitness, out Instruction vector, out _) ? vector : null;
        }

        Code[] codes = kind == 2 ? _interpreted : _integer;
        Code code = codes[random.Next(codes.Length)];
        Form? form = _factory.TryCreate(random, code, memory, FormPrefix.None, out _) ?? _factory.TryCreate(random, code, !memory, FormPrefix.None, out _);
        return form?.Instruction;
    }

    private bool Exists(OpCodeInfo info) => _bitness == 64 ? info.Mode64 : info.Mode32 && info.AmdDecoder32;

    private bool IsAddress(Register register) => _bitness == 64 ? register.IsGPR64() : register.IsGPR32();

    private void Aim(Random random, List<byte> code, in Instruction instruction)
    {
        ulong address = Arena.RandomAddress(random, Math.Max(1, instruction.MemorySize.GetSize()));
        address = random.Next(4) != 0 ? address & ~31UL : address;
        if (IsAddress(instruction.MemoryIndex) && instruction.MemoryIndex != instruction.MemoryBase)
        {
            ulong index = (ulong)(long)random.Next(-64, 64);
            Load(code, instruction.MemoryIndex, index);
            address -= index * (ulong)instruction.MemoryIndexScale;
        }

        ulong segment = instruction.MemorySegment == Register.GS ? LegacySegments.GsBase : _dataBase;
        Load(code, instruction.MemoryBase, address - instruction.MemoryDisplacement64 - segment);
    }

    // MOVS or STOS with a count of its own, seldom downwards.
    private void AppendString(Random random, List<byte> code)
    {
        int shift = random.Next(_bitness == 64 ? 4 : 3);
        int bytes = random.Next(3) == 0 ? random.Next(700) : random.Next(64);
        Register first = _bitness == 64 ? Register.RAX : Register.EAX;
        foreach (Register register in (ReadOnlySpan<Register>)[first + 6, first + 7])
        {
            Load(code, register, Arena.RandomAddress(random, Math.Max(1, bytes)) - _dataBase);
        }

        Load(code, first + 1, (ulong)bytes >> shift);
        bool down = random.Next(8) == 0;
        if (down)
        {
            Append(code, Instruction.Create(Code.Std));
        }

        code.Add(0xF3);
        code.AddRange(shift switch { 1 => [0x66], 3 => [0x48], _ => (ReadOnlySpan<byte>)[] });
        code.Add((byte)((random.Next(2) == 0 ? 0xA4 : 0xAA) + (shift > 0 ? 1 : 0)));
        if (down)
        {
            Append(code, Instruction.Create(Code.Cld));
        }
    }

    private void Load(List<byte> code, Register register, ulong value) =>
        Append(code, _bitness == 64
            ? Instruction.Create(Code.Mov_r64_imm64, register, value)
            : Instruction.Create(Code.Mov_r32_imm32, register, (uint)value));

    private void Append(List<byte> code, in Instruction instruction)
    {
        Sink sink = new(code);
        Encoder encoder = Encoder.Create(_bitness, sink);
        _ = encoder.TryEncode(instruction, instruction.IP, out _, out _);
    }

    private sealed class Sink(List<byte> bytes) : Iced.Intel.CodeWriter
    {
        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
