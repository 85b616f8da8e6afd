using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>IN, OUT, INS and OUTS.</summary>
internal static unsafe class IoFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int Chunk = 256;

    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        In(table, Code.In_AL_imm8, 1, true);
        In(table, Code.In_AX_imm8, 2, true);
        In(table, Code.In_EAX_imm8, 4, true);
        In(table, Code.In_AL_DX, 1, false);
        In(table, Code.In_AX_DX, 2, false);
        In(table, Code.In_EAX_DX, 4, false);
        Out(table, Code.Out_imm8_AL, 1, true);
        Out(table, Code.Out_imm8_AX, 2, true);
        Out(table, Code.Out_imm8_EAX, 4, true);
        Out(table, Code.Out_DX_AL, 1, false);
        Out(table, Code.Out_DX_AX, 2, false);
        Out(table, Code.Out_DX_EAX, 4, false);
        Repeat(table, Code.Insb_m8_DX, 1, true);
        Repeat(table, Code.Insw_m16_DX, 2, true);
        Repeat(table, Code.Insd_m32_DX, 4, true);
        Repeat(table, Code.Outsb_DX_m8, 1, false);
        Repeat(table, Code.Outsw_DX_m16, 2, false);
        Repeat(table, Code.Outsd_DX_m32, 4, false);
    }

    private static void In(InstructionTable<TMemory> table, Code code, byte size, bool immediate) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Size = size;
            op.Immediate = immediate ? i.Immediate8 : ulong.MaxValue;
            op.Handler = &Input;
        };

    private static void Out(InstructionTable<TMemory> table, Code code, byte size, bool immediate) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Size = size;
            op.Immediate = immediate ? i.Immediate8 : ulong.MaxValue;
            op.Handler = &Output;
            op.Flags |= OpFlags.EndsBlock;
        };

    private static void Repeat(InstructionTable<TMemory> table, Code code, byte size, bool input) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            int operand = input ? 0 : 1;
            op.Size = size;
            op.Segment = input ? (byte)0 : OpBuilder.SegmentNumber(i.MemorySegment);
            op.AddressMask = i.GetOpKind(operand) switch
            {
                OpKind.MemoryESDI or OpKind.MemorySegSI => ushort.MaxValue,
                OpKind.MemoryESEDI or OpKind.MemorySegESI => uint.MaxValue,
                _ => ulong.MaxValue,
            };
            op.Handler = input ? &InputString : &OutputString;
            op.Flags |= OpFlags.EndsBlock;
        };

    private static ushort Port(VpState* s, Op* o) => o->Immediate == ulong.MaxValue ? (ushort)s->Gpr[2] : (ushort)o->Immediate;

    private static int Input(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ushort port = Port(s, o);
        int status = p.CheckPort(port, o->Size);
        if (status == Status.Next)
        {
            uint value = p.ReadPort(port, o->Size);
            if (o->Size == 1)
            {
                Registers.Set(s, Registers.Rax, (byte)value);
            }
            else
            {
                SystemOp.SetRegister(s, Registers.Rax, o->Size, value);
            }
        }

        return status;
    }

    private static int Output(VpState* s, Op* o)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ushort port = Port(s, o);
        int status = p.CheckPort(port, o->Size);
        if (status != Status.Next)
        {
            return status;
        }

        uint value = (uint)s->Gpr[0];
        p.WritePort(port, o->Size, o->Size switch { 1 => (byte)value, 2 => (ushort)value, _ => value });
        return SystemOp.Leave(s, o);
    }

    private static int InputString(VpState* s, Op* o) => Run(s, o, input: true);

    private static int OutputString(VpState* s, Op* o) => Run(s, o, input: false);

    private static int Run(VpState* s, Op* o, bool input)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ushort port = (ushort)s->Gpr[2];
        bool repeated = (o->Flags & (OpFlags.Rep | OpFlags.Repne)) != 0;
        ulong mask = o->AddressMask;
        int index = input ? Registers.Rdi : Registers.Rsi;
        ulong step = (s->SystemFlags & Rflags.DF) != 0 ? (ulong)-o->Size : o->Size;
        for (int done = 0; ; done++)
        {
            if (repeated && (s->Gpr[1] & mask) == 0)
            {
                return SystemOp.Leave(s, o);
            }

            if (done == Chunk || (done != 0 && Volatile.Read(ref s->Attention) != 0))
            {
                return Status.Again;
            }

            int status = p.CheckPort(port, o->Size);
            if (status == Status.Next)
            {
                status = Element(s, o, p, port, Registers.Get<ulong>(s, index) & mask, input);
            }

            if (status != Status.Next)
            {
                return status;
            }

            SetMasked(s, index, mask, Registers.Get<ulong>(s, index) + step);
            if (!repeated)
            {
                return SystemOp.Leave(s, o);
            }

            SetMasked(s, Registers.Rcx, mask, s->Gpr[1] - 1);
        }
    }

    private static int Element(VpState* s, Op* o, SoftwareProcessor p, ushort port, ulong offset, bool input)
    {
        uint value = 0;
        if (input)
        {
            // The target is resolved before the device is read: a fault must not lose what the device gave.
            int status = TMemory.ProbeWrite(s, 0, offset, o->Size);
            if (status != Status.Next)
            {
                return status;
            }

            value = p.ReadPort(port, o->Size);
            return TMemory.WriteBytes(s, 0, offset, (byte*)&value, o->Size);
        }

        int read = TMemory.ReadBytes(s, o->Segment, offset, (byte*)&value, o->Size);
        if (read == Status.Next)
        {
            p.WritePort(port, o->Size, value);
        }

        return read;
    }

    private static void SetMasked(VpState* s, int register, ulong mask, ulong value)
    {
        switch (mask)
        {
            case ushort.MaxValue:
                Registers.Set(s, register, (ushort)value);
                break;
            case uint.MaxValue:
                Registers.Set(s, register, (uint)value);
                break;
            default:
                Registers.Set(s, register, value);
                break;
        }
    }
}
