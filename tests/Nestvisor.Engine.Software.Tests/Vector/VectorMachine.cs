using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Vector;

/// <summary>A processor state with an XSAVE area, and one instruction at a time.</summary>
internal sealed unsafe class VectorMachine : IDisposable
{
    public const uint Mode64 = 2 | (3 << BlockMode.CplShift) | BlockMode.LongMode | BlockMode.SseEnabled | BlockMode.AvxEnabled
        | BlockMode.OsXsave;

    public static readonly InstructionTable<BareMemory> Table = InstructionTable<BareMemory>.Complete;

    public VectorMachine()
    {
        State = (VpState*)NativeMemory.AlignedAlloc((nuint)sizeof(VpState), 64);
        new Span<byte>(State, sizeof(VpState)).Clear();
        State->Vector = (byte*)NativeMemory.AlignedAlloc(VectorArea.Size, 64);
        State->Scratch = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        new Span<byte>(State->Vector, VectorArea.Size).Clear();
        LegacyImage.InitializeX87(State->Vector);
        *VectorArea.MxcsrOf(State) = VectorArea.MxcsrReset;
        State->Cr4 = Cr4.OSXMMEXCPT | Cr4.OSFXSR | Cr4.OSXSAVE;
        State->Xcr0 = 7;
        State->SystemFlags = 2;
        State->BlockRip = 0x400000;
        new Span<byte>(BareMemory.Window, BareMemory.Size).Clear();
    }

    public VpState* State { get; }

    /// <summary>Decodes, builds and runs one instruction.</summary>
    public int Run(ReadOnlySpan<byte> code, uint mode = Mode64)
    {
        BlockMode blockMode = new(mode);
        Instruction instruction = Decoder.Create(blockMode.Bitness, new ByteArrayCodeReader(code.ToArray()), State->BlockRip).Decode();
        return Run(instruction, mode);
    }

    public int Run(in Instruction instruction, uint mode = Mode64)
    {
        Op op = default;
        OpBuilder.FillCommon(instruction, State->BlockRip, ref op);
        OpBuild build = Table[instruction.Code] ?? throw new InvalidOperationException($"{instruction.Code} has no entry.");
        build(instruction, new BlockMode(mode), ref op);
        return op.Handler(State, &op);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(State->Vector);
        NativeMemory.AlignedFree(State->Scratch);
        NativeMemory.AlignedFree(State);
    }
}
