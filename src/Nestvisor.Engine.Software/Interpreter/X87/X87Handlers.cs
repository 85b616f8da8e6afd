using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.X87;

/// <summary>What x87 handlers share; bits of <see cref="Op.Register3"/>.</summary>
internal static unsafe class X87Handlers
{
    /// <summary>A pending exception is raised first.</summary>
    public const byte Waiting = 1;

    /// <summary>The instruction and data pointers change.</summary>
    public const byte SetsPointers = 2;

    /// <summary>64-bit code: pointers are 64 bits wide and have no selectors.</summary>
    public const byte Long = 4;

    /// <summary>The memory operand must be aligned to 16 bytes.</summary>
    public const byte Aligned = 8;

    /// <summary>WAIT.</summary>
    public static int Wait(VpState* s, Op* o) => VectorArea.X87Pending(s) ? RaisePending(s) : Status.Next;

    /// <summary>
    /// Raises #MF. With CR0.NE clear a PC would assert FERR# and take IRQ 13 instead (AMD APM vol. 2 §8.2.17); no system that
    /// runs here relies on it, and #MF is what it gets.
    /// </summary>
    public static int RaisePending(VpState* s) => Fault.Raise(s, (int)ExceptionVector.X87);

    /// <summary>Sets FOP, FIP and FDP as the guest's own instruction would.</summary>
    public static void SetPointers(VpState* s, Op* o)
    {
        byte* area = s->Vector;
        bool isLong = (o->Register3 & Long) != 0;
        ulong rip = s->BlockRip + o->Offset;
        *(ushort*)(area + VectorArea.Fop) = (ushort)(o->Immediate >> 32);
        *(ulong*)(area + VectorArea.Fip) = isLong ? rip : (uint)rip | ((ulong)s->Cs.Selector << 32);
        if ((o->Flags & OpFlags.Memory) != 0)
        {
            ulong offset = EffectiveAddress.Offset(s, o);
            *(ulong*)(area + VectorArea.Fdp) = isLong ? offset : (uint)offset | ((ulong)(&s->Es)[o->Segment].Selector << 32);
        }
    }
}
