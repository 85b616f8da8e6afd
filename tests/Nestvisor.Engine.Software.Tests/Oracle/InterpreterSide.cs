using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>One instruction in the interpreter, as user-mode code in 64-bit mode.</summary>
internal sealed unsafe class InterpreterSide
{
    private const uint FeatureBits = BlockMode.LongMode | BlockMode.SseEnabled | BlockMode.AvxEnabled | BlockMode.OsXsave;
    private readonly InstructionTable<HostMemory> _table;
    private readonly Op* _op;

    public InterpreterSide(InstructionTable<HostMemory> table)
    {
        _table = table;
        State = (VpState*)NativeMemory.AlignedAlloc((nuint)sizeof(VpState) + 4096, 64);
        NativeMemory.Clear(State, (nuint)sizeof(VpState) + 4096);
        _op = (Op*)NativeMemory.AlignedAlloc((nuint)sizeof(Op), 64);
        State->Vector = (byte*)NativeMemory.AlignedAlloc(1024, 64);
        State->Scratch = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        NativeMemory.Clear(State->Vector, 1024);
        State->Mode = Mode.Value;
        State->Cpl = 3;
        State->StackMask = ulong.MaxValue;
        State->Cs.Limit = uint.MaxValue;
        State->Cr0 = 0x8005_0033;
        State->Cr4 = 0x40620;
        State->Efer = 0xD01;
        State->Xcr0 = 7;
        State->SystemFlags = 0x202;
    }

    public static BlockMode Mode { get; } = new(2 | (3 << BlockMode.CplShift) | FeatureBits);

    public VpState* State { get; }

    public void SetInstruction(in Instruction instruction)
    {
        *_op = default;
        OpBuilder.FillCommon(instruction, instruction.IP, ref *_op);
        _table[instruction.Code]!(instruction, Mode, ref *_op);
        State->BlockRip = instruction.IP;
    }

    /// <summary>Executes; <c>Rip</c> is then where it goes on. Returns the vector of the exception, or -1.</summary>
    public int Run()
    {
        for (int visits = 0; visits < 1_000; visits++)
        {
            int status = _op->Handler(State, _op);
            switch (status)
            {
                case Status.Again:
                    continue;
                case Status.Exception:
                    State->Rip = State->BlockRip;
                    return State->Exception.Vector;
                case Status.Next:
                    State->Rip = State->BlockRip + _op->Length;
                    return -1;
                default:
                    return -1;
            }
        }

        throw new InvalidOperationException("The handler never ends");
    }
}
