using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Tests.Oracle;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>Runs one instruction on the host's processor and by its handler from the same state, and compares all of it.</summary>
internal sealed unsafe class VectorOracle : IDisposable
{
    private const ulong Arithmetic = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.OF;

    private static readonly InstructionTable<HostMemory> s_table = InstructionTable<HostMemory>.Complete;

    private const uint MisalignedMask = 1 << 17;
    private const int MostLooks = 4;

    private readonly NativeRunner _runner;
    private readonly int _bitness;
    private readonly ulong _slot;
    private readonly BlockMode _mode;
    private readonly TranslatorSide? _translator;
    private readonly Random _random;
    private readonly VpState* _state;
    private readonly byte[] _before = new byte[Arena.Bytes];
    private readonly byte[] _after = new byte[Arena.Bytes];

    /// <summary>Makes an oracle.</summary>
    /// <param name="runner">The host's side.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="translator">The side to compare; null for the handlers of the interpreter.</param>
    /// <param name="bitness">Size of the code, 64 or 32; that of the translator.</param>
    public VectorOracle(NativeRunner runner, int seed, TranslatorSide? translator = null, int bitness = 64)
    {
        _bitness = bitness;
        _slot = runner.SlotOf(bitness);
        _mode = new BlockMode((VectorMachine.Mode64 & ~BlockMode.CodeSizeMask) | (bitness == 64 ? 2u : 1));
        _translator = translator;
        _runner = runner;
        _random = new Random(seed);
        _state = (VpState*)NativeMemory.AlignedAlloc((nuint)sizeof(VpState), 64);
        new Span<byte>(_state, sizeof(VpState)).Clear();
        _state->LinearMask = ulong.MaxValue;
        _state->Vector = (byte*)NativeMemory.AlignedAlloc(VectorArea.Size, 64);
        _state->Scratch = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        _state->Cr4 = Cr4.OSXMMEXCPT | Cr4.OSFXSR | Cr4.OSXSAVE;
        _state->Cr0 = 0x80000033;
        _state->Xcr0 = 7;
        _state->SystemFlags = 0x202;
        if (bitness != 64)
        {
            LegacySegments.Apply(_state, LegacySegments.DataBase);
            _state->Cpl = 3;
            _state->Efer = 0xD01;
        }

        _runner.Context->UseVector = 1;
        VectorValues.Fill(_random, _before);
        Arena.Fill(_before);
    }

    /// <summary>Runs cases of one code.</summary>
    /// <returns>Null, or what differed first.</returns>
    public string? Run(Code code, int encodings, int casesEach, out int done)
    {
        done = 0;
        int failures = 0;
        while (done < encodings * casesEach)
        {
            if (!VectorInstructions.TryMake(code, _random, _slot, _bitness, out Instruction instruction, out byte[] bytes))
            {
                if (++failures > 200)
                {
                    return "cannot be encoded";
                }

                continue;
            }

            Op op = default;
            OpBuilder.FillCommon(instruction, _slot, ref op);
            OpBuild? build = s_table[code];
            if (build == null)
            {
                return "has no entry";
            }

            build(instruction, _mode, ref op);
            _translator?.SetInstruction(instruction, bytes);
            if (_bitness == 64)
            {
                _runner.SetInstruction(bytes);
            }
            else
            {
                _runner.SetLegacyInstruction(bytes, _bitness);
            }

            VectorValues.Fill(_random, _before);
            for (int i = 0; i < casesEach; i++, done++)
            {
                Prepare(instruction);
                string? difference = Compare(instruction, ref op);
                for (int look = 1; difference != null && look < MostLooks && MayHaveLostPointers(instruction); look++)
                {
                    difference = Compare(instruction, ref op);
                }

                if (difference != null)
                {
                    return $"{instruction} [{Convert.ToHexString(bytes)}]: {difference}";
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_state->Vector);
        NativeMemory.AlignedFree(_state->Scratch);
        NativeMemory.AlignedFree(_state);
    }

    private uint LoadedMxcsr => *(uint*)((byte*)_runner.Context + NativeContext.VectorOutOffset + VectorArea.Mxcsr);

    private ulong RegisterMask => _bitness == 64 ? ulong.MaxValue : uint.MaxValue;

    private void Prepare(in Instruction instruction)
    {
        NativeContext* c = _runner.Context;
        for (int i = 0; i < 16; i++)
        {
            c->In[i] = RandomValues.Next(_random) & RegisterMask;
        }

        VectorValues.State(_random, new Span<byte>((byte*)c + NativeContext.VectorInOffset, NativeContext.VectorBytes));
        c->FlagsIn = 0x202 | ((ulong)_random.NextInt64() & Arithmetic);
        Aim(instruction, c);
    }

    private void Aim(in Instruction instruction, NativeContext* c)
    {
        ulong address;
        do
        {
            address = Arena.RandomAddress(_random, Math.Max(1, Math.Min(instruction.MemorySize.GetSize(), 128)));
        }
        while (_bitness != 64 && !Arena.IsNear(address));
        address -= _bitness == 64 ? 0 : LegacySegments.DataBase;
        if (instruction.Op0Kind is OpKind.MemorySegRDI or OpKind.MemorySegEDI)
        {
            c->In[7] = address;
            return;
        }

        if (instruction.MemoryBase == Register.None)
        {
            return;
        }

        ulong rest = instruction.MemoryDisplacement64;
        if (instruction.MemoryIndex.IsGPR())
        {
            c->In[instruction.MemoryIndex.GetNumber()] = (ulong)_random.Next(-1000, 1000) & RegisterMask;
            rest += c->In[instruction.MemoryIndex.GetNumber()] * (ulong)instruction.MemoryIndexScale;
        }
        else if (instruction.MemoryIndex.IsVectorRegister())
        {
            ShrinkIndexes((byte*)c + NativeContext.VectorInOffset, instruction);
        }

        c->In[instruction.MemoryBase.GetNumber()] = (address - rest) & RegisterMask;
    }

    private void ShrinkIndexes(byte* image, in Instruction instruction)
    {
        int number = instruction.MemoryIndex.GetNumber();
        bool wide = instruction.Code.ToString().Contains("vm64", StringComparison.Ordinal);
        for (int half = 0; half < 2; half++)
        {
            byte* at = image + (half == 0 ? VectorArea.Xmm : VectorArea.YmmHigh) + (16 * number);
            for (int i = 0; i < 16; i += wide ? 8 : 4)
            {
                int index = _random.Next(-100, 100);
                if (wide)
                {
                    *(long*)(at + i) = index;
                }
                else
                {
                    *(int*)(at + i) = index;
                }
            }
        }
    }

    /// <summary>A dot product computes in stages, and flags beside the one that faults depend on where it stopped.</summary>
    private static uint StagedFlags(in Instruction instruction, NativeContext* c) =>
        c->Signal != 0 && instruction.Mnemonic is Mnemonic.Dpps or Mnemonic.Dppd or Mnemonic.Vdpps or Mnemonic.Vdppd ? 0x3Fu : 0;

    /// <summary>
    /// When the host switches threads between the load of the state and the instruction, its kernel's XSAVE drops the x87 pointers, as
    /// AMD's does while no exception is pending. It shows where they are stored, and where an exception keeps the data pointer
    /// that was loaded: these alone are looked at again.
    /// </summary>
    private bool MayHaveLostPointers(in Instruction instruction)
    {
        byte* loaded = (byte*)_runner.Context + NativeContext.VectorInOffset;
        byte* left = (byte*)_runner.Context + NativeContext.VectorOutOffset;
        return instruction.Mnemonic is Mnemonic.Fnsave or Mnemonic.Fnstenv
            || ((left[VectorArea.Fsw] & 0x80) != 0 && *(ulong*)(left + VectorArea.Fdp) == 0 && *(ulong*)(loaded + VectorArea.Fdp) != 0);
    }

    private string? Compare(in Instruction instruction, ref Op op)
    {
        NativeContext* c = _runner.Context;
        Arena.Restore(_before);
        if (_bitness == 64)
        {
            _runner.Run();
        }
        else
        {
            _runner.RunLegacy();
        }

        Arena.Save(_after);
        Arena.Restore(_before);

        VpState* s = _translator == null ? _state : _translator.State;
        for (int i = 0; i < 16; i++)
        {
            s->Gpr[i] = c->In[i];
        }

        s->BlockRip = _slot;
        LazyFlags.WriteArithmetic(s, c->FlagsIn);
        byte* input = (byte*)c + NativeContext.VectorInOffset;
        Buffer.MemoryCopy(input, s->Vector, VectorArea.Size, NativeContext.VectorBytes);
        s->Exception = default;
        int status;
        if (_translator != null)
        {
            status = _translator.Run() < 0 ? Status.Next : Status.Exception;
        }
        else
        {
            fixed (Op* o = &op)
            {
                s->Mode = FloatingMode.Bits(s) | (_bitness == 64 ? 0 : _mode.Value);
                status = o->Handler(s, o);
                status = status == Status.Leave ? Status.Next : status;
            }
        }

        string? difference = VectorComparison.Outcome(instruction, c, s, status) ?? VectorComparison.Registers(c, s, instruction, Arithmetic, _bitness)
            ?? VectorComparison.Vectors((byte*)c + NativeContext.VectorOutOffset, s->Vector, StagedFlags(instruction, c), _bitness);
        if (instruction.Mnemonic == Mnemonic.Fsincos && difference != null && difference.StartsWith("fdp", StringComparison.Ordinal))
        {
            // The host clears the data pointer of this one instruction without a memory operand in some of its faults.
            difference = null;
        }

        if (instruction.Mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr && (LoadedMxcsr & MisalignedMask) != 0)
        {
            // A host may have misaligned SSE (AMD APM vol. 3, CPUID 8000_0001h ECX bit 7), which the profile has not.
            difference = null;
        }

        int memory = Arena.FirstDifference(_after);
        if (difference == null && memory >= 0)
        {
            difference = $"memory at {memory:X}";
        }

        if (difference != null)
        {
            difference += $" (mxcsr {*(uint*)(input + 24):X}, fcw {*(ushort*)input:X}, fsw {*(ushort*)(input + 2):X}, ftw {input[4]:X}, signal {c->Signal}, trap {c->TrapNumber}, status {status}/{s->Exception.Vector})";
            difference += VectorComparison.Dump(instruction, input, (byte*)c + NativeContext.VectorOutOffset, s->Vector);
        }

        return difference;
    }
}
