using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Effective addresses of memory operands.</summary>
internal static unsafe class EffectiveAddress
{
    /// <summary>Offset within the segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Offset(VpState* s, Op* o) =>
        (Registers.Get<ulong>(s, o->Base) + (Registers.Get<ulong>(s, o->Index) << o->Shift) + o->Displacement) & o->AddressMask;
}
