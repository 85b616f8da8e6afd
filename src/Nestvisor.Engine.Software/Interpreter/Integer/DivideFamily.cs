using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>DIV and IDIV. All flags are undefined; on Zen AF is set, SF, ZF and PF are clear, CF and OF stay.</summary>
internal static unsafe class DivideFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Div, Build);
        MnemonicCodes.Register(table, Mnemonic.Idiv, Build);
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.Memory;
        bool signed = instruction.Mnemonic == Mnemonic.Idiv;
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            1 => Pick<byte>(memory, signed),
            2 => Pick<ushort>(memory, signed),
            4 => Pick<uint>(memory, signed),
            _ => Pick<ulong>(memory, signed),
        };
    }

    private static delegate*<VpState*, Op*, int> Pick<T>(bool memory, bool signed)
        where T : unmanaged =>
        (memory, signed) switch
        {
            (true, true) => &SignedMemory<T>,
            (true, false) => &UnsignedMemory<T>,
            (false, true) => &SignedRegister<T>,
            _ => &UnsignedRegister<T>,
        };

    private static int UnsignedRegister<T>(VpState* s, Op* o)
        where T : unmanaged =>
        Unsigned(s, Registers.Get<T>(s, o->Register1));

    private static int SignedRegister<T>(VpState* s, Op* o)
        where T : unmanaged =>
        Signed(s, Registers.Get<T>(s, o->Register1));

    private static int UnsignedMemory<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T divisor);
        return status == Status.Next ? Unsigned(s, divisor) : status;
    }

    private static int SignedMemory<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T divisor);
        return status == Status.Next ? Signed(s, divisor) : status;
    }

    private static int Unsigned<T>(VpState* s, T divisor)
        where T : unmanaged
    {
        ulong by = IntegerBits.Zero(divisor);
        if (by == 0)
        {
            return Fault.DivideError(s);
        }

        ulong quotient;
        ulong remainder;
        if (sizeof(T) == 8)
        {
            ulong high = s->Gpr[2];
            if (high >= by)
            {
                return Fault.DivideError(s);
            }

            if (high == 0)
            {
                (quotient, remainder) = Math.DivRem(s->Gpr[0], by);
            }
            else
            {
                (UInt128 wideQuotient, UInt128 wideRemainder) = UInt128.DivRem(new UInt128(high, s->Gpr[0]), by);
                quotient = (ulong)wideQuotient;
                remainder = (ulong)wideRemainder;
            }
        }
        else
        {
            (quotient, remainder) = Math.DivRem(Dividend<T>(s), by);
            if (quotient >> (sizeof(T) * 8) != 0)
            {
                return Fault.DivideError(s);
            }
        }

        Store<T>(s, quotient, remainder);
        return Status.Next;
    }

    private static int Signed<T>(VpState* s, T divisor)
        where T : unmanaged
    {
        long by = IntegerBits.Sign(divisor);
        if (by == 0)
        {
            return Fault.DivideError(s);
        }

        ulong quotient;
        ulong remainder;
        if (sizeof(T) == 8)
        {
            Int128 dividend = new(s->Gpr[2], s->Gpr[0]);
            if (dividend == Int128.MinValue && by == -1)
            {
                return Fault.DivideError(s);
            }

            (Int128 wide, Int128 rest) = Int128.DivRem(dividend, by);
            if (wide != (long)wide)
            {
                return Fault.DivideError(s);
            }

            quotient = (ulong)(long)wide;
            remainder = (ulong)(long)rest;
        }
        else
        {
            // AX, DX:AX and EDX:EAX, sign-extended.
            int unused = 64 - (sizeof(T) * 16);
            long dividend = (long)(Dividend<T>(s) << unused) >> unused;
            if (dividend == long.MinValue && by == -1)
            {
                return Fault.DivideError(s);
            }

            (long wide, long rest) = Math.DivRem(dividend, by);
            if (IntegerBits.Sign(IntegerBits.Low<T>((ulong)wide)) != wide)
            {
                return Fault.DivideError(s);
            }

            quotient = (ulong)wide;
            remainder = (ulong)rest;
        }

        Store<T>(s, quotient, remainder);
        return Status.Next;
    }

    private static ulong Dividend<T>(VpState* s)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => (ushort)s->Gpr[0],
            2 => (ushort)s->Gpr[0] | ((ulong)(ushort)s->Gpr[2] << 16),
            _ => (uint)s->Gpr[0] | (s->Gpr[2] << 32),
        };

    private static void Store<T>(VpState* s, ulong quotient, ulong remainder)
        where T : unmanaged
    {
        // A result of 1 has neither sign nor even parity.
        s->FlagsResult = 1;
        s->FlagsAux = (s->FlagsAux & (3UL << 62)) | 8;
        if (sizeof(T) == 1)
        {
            Registers.Set(s, Registers.Rax, (ushort)((byte)quotient | (remainder << 8)));
        }
        else
        {
            Registers.Set(s, Registers.Rax, IntegerBits.Low<T>(quotient));
            Registers.Set(s, Registers.Rdx, IntegerBits.Low<T>(remainder));
        }
    }
}
