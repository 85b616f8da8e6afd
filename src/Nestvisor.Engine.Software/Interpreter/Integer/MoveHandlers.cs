using System.Buffers.Binary;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Moves that do not change size.</summary>
internal static unsafe class MoveHandlers<TMemory, T>
    where TMemory : struct, IMemoryAccess
    where T : unmanaged
{
    public static int RegisterRegister(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, Registers.Get<T>(s, o->Register2));
        return Status.Next;
    }

    public static int RegisterImmediate(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, IntegerBits.Low<T>(o->Immediate));
        return Status.Next;
    }

    public static int RegisterMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T value);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, value);
        }

        return status;
    }

    public static int MemoryRegister(VpState* s, Op* o) => TMemory.Write(s, o, Registers.Get<T>(s, o->Register1));

    public static int MemoryImmediate(VpState* s, Op* o) => TMemory.Write(s, o, IntegerBits.Low<T>(o->Immediate));

    public static int LoadAddress(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, IntegerBits.Low<T>(EffectiveAddress.Offset(s, o)));
        return Status.Next;
    }

    public static int SwapLoad(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T value);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, Swap(value));
        }

        return status;
    }

    public static int SwapStore(VpState* s, Op* o) => TMemory.Write(s, o, Swap(Registers.Get<T>(s, o->Register1)));

    /// <summary>BSWAP with a 16-bit operand is undefined; Zen clears it.</summary>
    public static int SwapRegister(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, sizeof(T) == 2 ? default : Swap(Registers.Get<T>(s, o->Register1)));
        return Status.Next;
    }

    private static T Swap(T value)
    {
        ulong bits = IntegerBits.Zero(value);
        return IntegerBits.Low<T>(BinaryPrimitives.ReverseEndianness(bits) >> (64 - (sizeof(T) * 8)));
    }
}
