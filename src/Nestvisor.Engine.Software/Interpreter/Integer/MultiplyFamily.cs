using System.Numerics;
using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>MUL, IMUL and MULX. The undefined flags SF, ZF, AF and PF stay as they were, as on Zen.</summary>
internal static unsafe class MultiplyFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Mul, BuildWide<Unsigned>);
        MnemonicCodes.Register(table, Mnemonic.Imul, BuildSigned);
        MnemonicCodes.Register(table, Mnemonic.Mulx, BuildMulx);
    }

    private static void BuildSigned(in Instruction instruction, BlockMode mode, ref Op op)
    {
        switch (instruction.OpCount)
        {
            case 1:
                BuildWide<Signed>(instruction, mode, ref op);
                break;
            case 2:
                OperationFamily<TMemory>.BuildBinary<ImulOperation>(instruction, mode, ref op);
                break;
            default:
                OperationFamily<TMemory>.BuildTernary<ImulOperation>(instruction, mode, ref op);
                break;
        }
    }

    private static void BuildWide<TSign>(in Instruction instruction, BlockMode mode, ref Op op)
        where TSign : struct, ISign
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.Memory;
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            1 => memory ? &OnMemory<TSign, byte> : &OnRegister<TSign, byte>,
            2 => memory ? &OnMemory<TSign, ushort> : &OnRegister<TSign, ushort>,
            4 => memory ? &OnMemory<TSign, uint> : &OnRegister<TSign, uint>,
            _ => memory ? &OnMemory<TSign, ulong> : &OnRegister<TSign, ulong>,
        };
    }

    private static int OnRegister<TSign, T>(VpState* s, Op* o)
        where TSign : struct, ISign
        where T : unmanaged, IBinaryInteger<T>
    {
        Multiply<TSign, T>(s, Registers.Get<T>(s, o->Register1));
        return Status.Next;
    }

    private static int OnMemory<TSign, T>(VpState* s, Op* o)
        where TSign : struct, ISign
        where T : unmanaged, IBinaryInteger<T>
    {
        int status = TMemory.Read(s, o, out T factor);
        if (status == Status.Next)
        {
            Multiply<TSign, T>(s, factor);
        }

        return status;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TSign, T>(VpState* s, T factor)
        where TSign : struct, ISign
        where T : unmanaged, IBinaryInteger<T>
    {
        T accumulator = Registers.Get<T>(s, Registers.Rax);
        ulong low;
        ulong high;
        if (sizeof(T) == 8)
        {
            if (TSign.IsSigned)
            {
                high = (ulong)Math.BigMul(IntegerBits.Sign(accumulator), IntegerBits.Sign(factor), out long signedLow);
                low = (ulong)signedLow;
            }
            else
            {
                high = Math.BigMul(IntegerBits.Zero(accumulator), IntegerBits.Zero(factor), out low);
            }
        }
        else
        {
            ulong product = TSign.IsSigned
                ? (ulong)(IntegerBits.Sign(accumulator) * IntegerBits.Sign(factor))
                : IntegerBits.Zero(accumulator) * IntegerBits.Zero(factor);
            low = product;
            high = product >> (sizeof(T) * 8);
        }

        T lowPart = IntegerBits.Low<T>(low);
        T highPart = IntegerBits.Low<T>(high);
        T redundant = TSign.IsSigned ? IntegerBits.Low<T>((ulong)(IntegerBits.Sign(lowPart) >> 63)) : T.Zero;
        ulong overflow = highPart == redundant ? 0UL : 1UL;
        IntegerFlags.SetCarryAndOverflow(s, overflow, overflow);
        if (sizeof(T) == 1)
        {
            Registers.Set(s, Registers.Rax, (ushort)low);
        }
        else
        {
            Registers.Set(s, Registers.Rax, lowPart);
            Registers.Set(s, Registers.Rdx, highPart);
        }
    }

    private static void BuildMulx(in Instruction instruction, BlockMode mode, ref Op op)
    {
        IntegerOperands.Fill(instruction, ref op);
        bool memory = IntegerOperands.IsMemory(instruction, 2);
        op.Handler = IntegerOperands.Size(instruction) == 4
            ? (memory ? &MulxMemory<uint> : &MulxRegister<uint>)
            : (memory ? &MulxMemory<ulong> : &MulxRegister<ulong>);
    }

    private static int MulxRegister<T>(VpState* s, Op* o)
        where T : unmanaged =>
        Mulx(s, o, Registers.Get<T>(s, o->Register3));

    private static int MulxMemory<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T factor);
        return status == Status.Next ? Mulx(s, o, factor) : status;
    }

    /// <summary>If both destinations are the same register, it gets the high half.</summary>
    private static int Mulx<T>(VpState* s, Op* o, T factor)
        where T : unmanaged
    {
        ulong high = Math.BigMul(
            IntegerBits.Zero(Registers.Get<T>(s, Registers.Rdx)), IntegerBits.Zero(factor), out ulong low);
        if (sizeof(T) == 4)
        {
            high = low >> 32;
        }

        Registers.Set(s, o->Register2, IntegerBits.Low<T>(low));
        Registers.Set(s, o->Register1, IntegerBits.Low<T>(high));
        return Status.Next;
    }

    private interface ISign
    {
        static abstract bool IsSigned { get; }
    }

    private readonly struct Signed : ISign
    {
        public static bool IsSigned => true;
    }

    private readonly struct Unsigned : ISign
    {
        public static bool IsSigned => false;
    }

    private readonly struct ImulOperation : IIntegerOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(VpState* s, T a, T b)
            where T : unmanaged, IBinaryInteger<T>
        {
            T result;
            ulong overflow;
            if (sizeof(T) == 8)
            {
                long high = Math.BigMul(IntegerBits.Sign(a), IntegerBits.Sign(b), out long low);
                result = IntegerBits.Low<T>((ulong)low);
                overflow = high == low >> 63 ? 0UL : 1UL;
            }
            else
            {
                long product = IntegerBits.Sign(a) * IntegerBits.Sign(b);
                result = IntegerBits.Low<T>((ulong)product);
                overflow = IntegerBits.Sign(result) == product ? 0UL : 1UL;
            }

            IntegerFlags.SetCarryAndOverflow(s, overflow, overflow);
            return result;
        }
    }
}
