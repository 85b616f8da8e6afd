using System.Numerics;
using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>SHLD and SHRD.</summary>
internal static unsafe class DoubleShiftFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Shld, Build<LeftShift>);
        MnemonicCodes.Register(table, Mnemonic.Shrd, Build<RightShift>);
    }

    private static void Build<TShift>(in Instruction instruction, BlockMode mode, ref Op op)
        where TShift : struct, IDoubleShift
    {
        switch (IntegerOperands.Size(instruction))
        {
            case 2:
                Build<TShift, ushort>(instruction, ref op);
                break;
            case 4:
                Build<TShift, uint>(instruction, ref op);
                break;
            default:
                Build<TShift, ulong>(instruction, ref op);
                break;
        }
    }

    private static void Build<TShift, T>(in Instruction instruction, ref Op op)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T>
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.MemoryRegister;
        bool byCl = instruction.GetOpKind(2) == OpKind.Register;
        op.Handler = (memory, byCl) switch
        {
            (true, true) => &MemoryCl<TShift, T>,
            (true, false) => &MemoryImmediate<TShift, T>,
            (false, true) => &RegisterCl<TShift, T>,
            _ => &RegisterImmediate<TShift, T>,
        };
    }

    private static int RegisterCl<TShift, T>(VpState* s, Op* o)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T> =>
        OnRegister<TShift, T>(s, o, (int)s->Gpr[1]);

    private static int RegisterImmediate<TShift, T>(VpState* s, Op* o)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T> =>
        OnRegister<TShift, T>(s, o, (int)o->Immediate);

    private static int MemoryCl<TShift, T>(VpState* s, Op* o)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T> =>
        OnMemory<TShift, T>(s, o, (int)s->Gpr[1]);

    private static int MemoryImmediate<TShift, T>(VpState* s, Op* o)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T> =>
        OnMemory<TShift, T>(s, o, (int)o->Immediate);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int OnRegister<TShift, T>(VpState* s, Op* o, int count)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = Apply<TShift, T>(s, Registers.Get<T>(s, o->Register1), Registers.Get<T>(s, o->Register2), count);
        Registers.Set(s, o->Register1, result);
        return Status.Next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int OnMemory<TShift, T>(VpState* s, Op* o, int count)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T>
    {
        int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
        if (status == Status.Next)
        {
            T* pointer = (T*)target.Pointer;
            *pointer = Apply<TShift, T>(s, *pointer, Registers.Get<T>(s, o->Register1), count);
            TMemory.EndModify(s, ref target);
        }

        return status;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Apply<TShift, T>(VpState* s, T a, T b, int count)
        where TShift : struct, IDoubleShift
        where T : unmanaged, IBinaryInteger<T>
    {
        count &= sizeof(T) == 8 ? 63 : 31;
        if (count == 0)
        {
            return a;
        }

        T result = TShift.Shift(a, b, count, out ulong carry);
        IntegerFlags.SetShift(s, result, carry & 1, TShift.Overflow(result, carry, count) & 1);
        return result;
    }

    private interface IDoubleShift
    {
        static abstract T Shift<T>(T a, T b, int count, out ulong carry)
            where T : unmanaged;

        /// <summary>OF, defined for a count of 1 as a change of sign, and on Zen for the others as if the last step were alone.</summary>
        static abstract ulong Overflow<T>(T result, ulong carry, int count)
            where T : unmanaged;
    }

    private readonly struct LeftShift : IDoubleShift
    {
        public static T Shift<T>(T a, T b, int count, out ulong carry)
            where T : unmanaged
        {
            int width = sizeof(T) * 8;
            ulong high = IntegerBits.Zero(a);
            ulong low = IntegerBits.Zero(b);
            if (width == 16)
            {
                // Counts above 16 are undefined; on Zen the second operand then follows once more.
                ulong ring = (high << 32) | (low << 16) | low;
                carry = count > 16 ? 0 : high >> (16 - count);
                return IntegerBits.Low<T>((ring << count) >> 32);
            }

            carry = high >> (width - count);
            return IntegerBits.Low<T>((high << count) | (low >> (width - count)));
        }

        public static ulong Overflow<T>(T result, ulong carry, int count)
            where T : unmanaged =>
            count > sizeof(T) * 8 ? 0 : carry ^ (IntegerBits.Zero(result) >> ((sizeof(T) * 8) - 1));
    }

    private readonly struct RightShift : IDoubleShift
    {
        public static T Shift<T>(T a, T b, int count, out ulong carry)
            where T : unmanaged
        {
            int width = sizeof(T) * 8;
            ulong low = IntegerBits.Zero(a);
            ulong high = IntegerBits.Zero(b);
            if (width == 16)
            {
                ulong ring = (high << 32) | (high << 16) | low;
                carry = low >> (count - 1);
                return IntegerBits.Low<T>(ring >> count);
            }

            carry = low >> (count - 1);
            return IntegerBits.Low<T>((low >> count) | (high << (width - count)));
        }

        public static ulong Overflow<T>(T result, ulong carry, int count)
            where T : unmanaged
        {
            ulong bits = IntegerBits.Zero(result);
            return (bits ^ (bits << 1)) >> ((sizeof(T) * 8) - 1);
        }
    }
}
