using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>Handlers that run an x87 or MMX instruction by its stub on the whole x87 state.</summary>
internal static unsafe class X87NativeHandlers<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const ulong ArithmeticFlags = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.OF;

    /// <summary>No memory operand.</summary>
    public static int RegisterForm(VpState* s, Op* o) =>
        (o->Register3 & X87Handlers.Waiting) != 0 && VectorArea.X87Pending(s) ? X87Handlers.RaisePending(s) : Run(s, o);

    /// <summary>A memory source.</summary>
    public static int Load(VpState* s, Op* o)
    {
        if ((o->Register3 & X87Handlers.Waiting) != 0 && VectorArea.X87Pending(s))
        {
            return X87Handlers.RaisePending(s);
        }

        if ((o->Register3 & X87Handlers.Aligned) != 0 && SimdFault.Misaligned(s, o, 16))
        {
            return Fault.GeneralProtection(s, 0);
        }

        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), s->Scratch, o->Size);
        return status == Status.Next ? Run(s, o) : status;
    }

    /// <summary>A memory destination.</summary>
    public static int Store(VpState* s, Op* o)
    {
        if ((o->Register3 & X87Handlers.Waiting) != 0 && VectorArea.X87Pending(s))
        {
            return X87Handlers.RaisePending(s);
        }

        ulong offset = EffectiveAddress.Offset(s, o);
        int status = TMemory.ProbeWrite(s, o->Segment, offset, o->Size);
        if (status != Status.Next)
        {
            return status;
        }

        status = Run(s, o);
        if (status != Status.Next)
        {
            return status;
        }

        // An unmasked invalid, overflow or underflow exception stores nothing; an unmasked precision exception does
        // (AMD APM vol. 1 §6.8.3). Nothing was pending before, so what is now came from this instruction.
        byte* area = s->Vector;
        bool withheld = (o->Register3 & X87Handlers.SetsPointers) != 0
            && (*(ushort*)(area + VectorArea.Fsw) & ~*(ushort*)(area + VectorArea.Fcw) & 0x1F) != 0;
        return withheld ? Status.Next : TMemory.WriteBytes(s, o->Segment, offset, s->Scratch, o->Size);
    }

    private static int Run(VpState* s, Op* o)
    {
        byte* area = s->Vector;
        ushort fop = *(ushort*)(area + VectorArea.Fop);
        ulong fip = *(ulong*)(area + VectorArea.Fip);
        ulong fdp = *(ulong*)(area + VectorArea.Fdp);
        ulong rflags = LazyFlags.Read(s) & ArithmeticFlags;
        ulong result = o->Extra != 0
            ? NativeStubs.Call((byte*)o->Extra, s, s->Scratch, rflags)
            : NativeStubs.RunTransient(s, o, s->Scratch, rflags);

        // The native instruction left its own, host pointers.
        *(ushort*)(area + VectorArea.Fop) = fop;
        *(ulong*)(area + VectorArea.Fip) = fip;
        *(ulong*)(area + VectorArea.Fdp) = fdp;
        if ((o->Register3 & X87Handlers.SetsPointers) != 0)
        {
            X87Handlers.SetPointers(s, o);
        }

        if ((long)result < 0)
        {
            // A conversion that names an MMX register has left the x87 stack all the same.
            if ((o->Register3 & X87Handlers.Waiting) != 0)
            {
                X87Stack.EnterMmx(s);
            }

            return SimdFault.Raise(s, result);
        }

        if (result != 0)
        {
            LazyFlags.WriteArithmetic(s, result);
        }

        // FLDCW is one of those that leave the pointers alone.
        return (o->Register3 & X87Handlers.SetsPointers) != 0 ? Status.Next : FloatingMode.Changed(s, o);
    }
}
