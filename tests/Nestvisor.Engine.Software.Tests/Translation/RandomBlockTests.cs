using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Tests.Oracle;
using Nestvisor.Engine.Software.Tests.Vector;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>
/// Random blocks of 1 to 40 instructions as native code against the interpreter. Addresses and stacks of 32-bit code run over the end of
/// its 4 GiB, which lies in the middle of the arena, and the upper halves of its registers are whatever they are.
/// </summary>
public sealed unsafe class RandomBlockTests
{
    private const int Blocks = 6_000;
    private const int CasesEach = 4;
    private static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("NESTVISOR_ORACLE_SEED") ?? "20261127", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void Blocks_RandomInstructionsAndStates_EqualInterpreter(int bitness)
    {
        ulong dataBase = bitness == 64 ? 0 : Arena.Start + (2 * Arena.PageSize);
        List<string> failures = [];
        long cases = 0;
        long left = 0;
        NativeRunner.OnOwnThread(runner =>
        {
            InstructionTable<HostMemory> table = InstructionTable<HostMemory>.Complete;
            using TranslatorSide native = new(table, runner, bitness, dataBase);
            using TranslatorSide interpreter = new(table, runner, bitness, dataBase) { OnlyInterprets = true };
            RandomBlockMaker maker = new(runner, bitness, dataBase);
            for (int i = 0; i < Blocks && failures.Count < 20; i++)
            {
                Random random = new(s_seed + i);
                List<Instruction> block = maker.Make(random, 1 + random.Next(40), out byte[] bytes);
                native.SetInstructions(block.ToArray(), bytes);
                interpreter.SetInstructions(block.ToArray(), bytes);
                for (int k = 0; k < CasesEach; k++, cases++)
                {
                    string? difference = RunCase(random, native, interpreter, dataBase);
                    if (difference != null)
                    {
                        failures.Add($"seed {s_seed + i}: {difference}\n{Show(block)}");
                        break;
                    }
                }
            }

            left = native.Interpreted;
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{Blocks} blocks, {cases} cases, {left} operations interpreted");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    private static string? RunCase(Random random, TranslatorSide native, TranslatorSide interpreter, ulong dataBase)
    {
        byte[] before = new byte[Arena.Bytes];
        byte[] after = new byte[Arena.Bytes];
        byte[] vectors = new byte[VectorArea.Size];
        RandomValues.Fill(random, before);
        VectorValues.State(random, vectors.AsSpan(0, NativeContext.VectorBytes));
        ulong[] registers = new ulong[16];
        for (int i = 0; i < 16; i++)
        {
            registers[i] = RandomValues.Next(random);
        }

        registers[4] = dataBase != 0 && random.Next(4) == 0
            ? (registers[4] & ~0xFFFF_FFFFUL) | (uint)(random.Next(-16, 16) * 4)
            : (Arena.RandomAddress(random, 8) & ~7UL) - dataBase;
        ulong flags = 0x202 | ((ulong)random.Next() & X64.Rflags.Arithmetic);
        int expected = Run(interpreter, before, registers, flags, vectors);
        Arena.Save(after);
        int actual = Run(native, before, registers, flags, vectors);
        VpState* a = interpreter.State;
        VpState* b = native.State;
        StringBuilder text = new();
        if (expected != actual || a->Rip != b->Rip)
        {
            text.Append($" ends with {actual} at {b->Rip:X}, interpreted {expected} at {a->Rip:X};");
        }
        else if (expected == 14 && (a->Exception.Payload != b->Exception.Payload || a->Exception.ErrorCode != b->Exception.ErrorCode))
        {
            text.Append($" page fault {b->Exception.Payload:X}, interpreted {a->Exception.Payload:X};");
        }

        for (int i = 0; i < 16; i++)
        {
            if (a->Gpr[i] != b->Gpr[i])
            {
                text.Append($" {Register.RAX + i} {b->Gpr[i]:X}, interpreted {a->Gpr[i]:X};");
            }
        }

        if (LazyFlags.Read(a) != LazyFlags.Read(b))
        {
            text.Append($" flags {LazyFlags.Read(b):X}, interpreted {LazyFlags.Read(a):X};");
        }

        int memory = Arena.FirstDifference(after);
        if (memory >= 0)
        {
            text.Append($" memory at arena+{memory:X};");
        }

        for (int i = 0; i < NativeContext.VectorBytes; i++)
        {
            // MXCSR_MASK and the header say nothing of the guest's state.
            if (i is not (>= VectorArea.MxcsrMask and < VectorArea.X87Registers or >= VectorArea.LegacySize and < VectorArea.YmmHigh)
                && a->Vector[i] != b->Vector[i])
            {
                text.Append($" vector state at {i};");
                break;
            }
        }

        return text.Length == 0 ? null : text.ToString();
    }

    private static int Run(TranslatorSide side, byte[] memory, ulong[] registers, ulong flags, byte[] vectors)
    {
        Arena.Restore(memory);
        VpState* s = side.State;
        for (int i = 0; i < 16; i++)
        {
            s->Gpr[i] = registers[i];
        }

        LazyFlags.Write(s, flags);
        vectors.AsSpan().CopyTo(new Span<byte>(s->Vector, VectorArea.Size));
        s->Exception = default;
        return side.Run();
    }

    private static string Show(List<Instruction> block) =>
        string.Join("\n", block.Select(i => $"    {i.IP:X}: {i}"));
}
