using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>One instruction in the interpreter, as user-mode code in 64-bit or compatibility mode.</summary>
internal sealed unsafe class InterpreterSide : IOracleSide
{
    private const uint FeatureBits = BlockMode.LongMode | BlockMode.SseEnabled | BlockMode.AvxEnabled | BlockMode.OsXsave;
    private readonly InstructionTable<HostMemory> _table;
    private readonly Op* _op;

    public InterpreterSide(InstructionTable<HostMemory> table, int bitness = 64)
    {
        _table = table;
        Mode = new BlockMode((bitness switch { 64 => 2u, 32 => 1u, _ => 0 }) | (3 << BlockMode.CplShift) | FeatureBits);
        State = (VpState*)NativeMemory.AlignedAlloc((nuint)sizeof(VpState) + 4096, 64);
        NativeMemory.Clear(State, (nuint)sizeof(VpState) + 4096);
        _op = (Op*)NativeMemory.AlignedAlloc((nuint)sizeof(Op), 64);
        State->Vector = (byte*)NativeMemory.AlignedAlloc(1024, 64);
        State->Scratch = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        NativeMemory.Clear(State->Vector, 1024);
        State->Mode = Mode.Value;
        State->Cpl = 3;
        State->StackMask = bitness switch { 64 => ulong.MaxValue, 32 => uint.MaxValue, _ => 0xFFFF };
        State->RipMask = State->StackMask;
        State->LinearMask = bitness == 64 ? ulong.MaxValue : uint.MaxValue;
        State->Cs.Limit = bitness == 16 ? 0xFFFF : uint.MaxValue;
        State->SegmentBase[5] = LegacySegments.GsBase;
        State->Cs.Attributes = (ushort)(bitness == 32 ? 0xCFB : bitness == 64 ? 0xAFB : 0xFB);
        for (int i = 0; i < 4 && bitness != 64; i++)
        {
            State->SegmentBase[i] = i == 1 ? 0 : LegacySegments.DataBase;
        }

        State->Ss.Attributes = (ushort)(bitness == 16 ? 0x8F3 : 0xCF3);
        State->Ss.Limit = State->Ds.Limit = State->Es.Limit = uint.MaxValue;
        State->Cr0 = 0x8005_0033;
        State->Cr4 = 0x40620;
        State->Efer = 0xD01;
        State->Xcr0 = 7;
        State->SystemFlags = 0x202;
    }

    public BlockMode Mode { get; }

    public VpState* State { get; }

    public void SetInstruction(in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        *_op = default;
        OpBuilder.FillCommon(instruction, instruction.IP, ref *_op);
        _table[instruction.Code]!(instruction, Mode, ref *_op);
        State->BlockRip = instruction.IP;
    }

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
                    State->Rip = (State->BlockRip + _op->Length) & State->RipMask;
                    return -1;
                default:
                    return -1;
            }
        }

        throw new InvalidOperationException("The handler never ends");
    }
}
