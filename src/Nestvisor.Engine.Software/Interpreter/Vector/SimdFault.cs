using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>SIMD floating-point exceptions and alignment faults.</summary>
internal static unsafe class SimdFault
{
    /// <summary>Invalid, denormal and divide-by-zero: found before the computation, they suppress the later ones.</summary>
    private const uint BeforeComputation = 7;

    /// <summary>
    /// Takes what a stub returned when an exception was unmasked: sets the flags and raises #XM, or #UD while CR4.OSXMMEXCPT is
    /// clear (AMD APM vol. 1 §4.10.3). Since the stub ran with masked responses, two corners of unmasked overflow and underflow
    /// differ from hardware: an exact denormal result raises no underflow, and PE may be set beside OE or UE.
    /// </summary>
    public static int Raise(VpState* s, ulong result)
    {
        uint flags = (uint)(result >> 32) & 0x3F;
        uint* mxcsr = VectorArea.MxcsrOf(s);
        if ((flags & ~(*mxcsr >> 7) & BeforeComputation) != 0)
        {
            flags &= BeforeComputation;
        }

        *mxcsr |= flags;
        return (s->Cr4 & Cr4.OSXMMEXCPT) != 0
            ? Fault.Raise(s, (int)ExceptionVector.Simd)
            : Fault.InvalidOpcode(s);
    }

    /// <summary>Whether the memory operand lies on a multiple of a power of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Misaligned(VpState* s, Op* o, uint alignment) =>
        ((EffectiveAddress.Offset(s, o) + s->SegmentBase[o->Segment]) & (alignment - 1)) != 0;
}
