using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Moves from a narrow source to a wide register.</summary>
internal static unsafe class ExtendHandlers<TMemory, TSource, TTarget>
    where TMemory : struct, IMemoryAccess
    where TSource : unmanaged
    where TTarget : unmanaged
{
    public static int ZeroRegister(VpState* s, Op* o)
    {
        ulong value = IntegerBits.Zero(Registers.Get<TSource>(s, o->Register2));
        Registers.Set(s, o->Register1, IntegerBits.Low<TTarget>(value));
        return Status.Next;
    }

    public static int SignRegister(VpState* s, Op* o)
    {
        long value = IntegerBits.Sign(Registers.Get<TSource>(s, o->Register2));
        Registers.Set(s, o->Register1, IntegerBits.Low<TTarget>((ulong)value));
        return Status.Next;
    }

    public static int ZeroMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out TSource value);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, IntegerBits.Low<TTarget>(IntegerBits.Zero(value)));
        }

        return status;
    }

    public static int SignMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out TSource value);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, IntegerBits.Low<TTarget>((ulong)IntegerBits.Sign(value)));
        }

        return status;
    }
}
