using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Index and count registers of string instructions, as wide as the address size.</summary>
internal static unsafe class StringAccess<TAddress>
    where TAddress : unmanaged
{
    /// <summary>Segment number of the destination, which no prefix changes.</summary>
    public const int DestinationSegment = 0;

    /// <summary>
    /// Bytes that one visit of a repeated instruction moves at most, so that interrupts and other work come in between.
    /// </summary>
    public const int ChunkBytes = 1 << 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Get(VpState* s, int register) => IntegerBits.Zero(Registers.Get<TAddress>(s, register));

    /// <summary>Moves an index register by a signed number of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Advance(VpState* s, int register, long bytes) =>
        Registers.Set(s, register, IntegerBits.Low<TAddress>(Get(s, register) + (ulong)bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCount(VpState* s, ulong count) => Registers.Set(s, Registers.Rcx, IntegerBits.Low<TAddress>(count));

    /// <summary>Whether the string runs towards lower addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Backward(VpState* s) => (s->SystemFlags & Rflags.DF) != 0;

    /// <summary>Step from one element to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Step(VpState* s, int size) => Backward(s) ? -size : size;

    /// <summary>
    /// Elements that one visit may handle: a chunk, or a single one when every iteration is to be trapped
    /// (AMD APM vol. 2 §13.1.4).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Budget(VpState* s, int size) => (s->SystemFlags & Rflags.TF) != 0 ? 1 : (ulong)(ChunkBytes / size);
}
