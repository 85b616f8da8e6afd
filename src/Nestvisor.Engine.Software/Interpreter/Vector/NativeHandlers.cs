using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// Handlers that run an SSE or AVX instruction by its stub (<see cref="Op.Extra"/>). Operands in memory pass through
/// <see cref="VpState.Scratch"/>: no stub ever sees an address of guest memory.
/// </summary>
internal static unsafe class NativeHandlers<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>No memory operand.</summary>
    public static int RegisterForm(VpState* s, Op* o) => Run(s, o);

    /// <summary>A memory source.</summary>
    public static int Read<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        int status = TMemory.Read(s, o, out T value);
        if (status != Status.Next)
        {
            return status;
        }

        *(T*)s->Scratch = value;
        return Run(s, o);
    }

    /// <summary>A memory source that must be aligned.</summary>
    public static int ReadAligned<T>(VpState* s, Op* o)
        where T : unmanaged =>
        SimdFault.Misaligned(s, o, (uint)sizeof(T)) ? Fault.GeneralProtection(s, 0) : Read<T>(s, o);

    /// <summary>A memory destination.</summary>
    public static int Write<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        uint mxcsr = *VectorArea.MxcsrOf(s);
        int status = Run(s, o);
        if (status != Status.Next)
        {
            // A page fault comes before #XM.
            PendingException raised = s->Exception;
            int probe = TMemory.ProbeWrite(s, o->Segment, EffectiveAddress.Offset(s, o), sizeof(T));
            if (probe != Status.Next)
            {
                *VectorArea.MxcsrOf(s) = mxcsr;
                return probe;
            }

            s->Exception = raised;
            return status;
        }

        status = TMemory.Write(s, o, *(T*)s->Scratch);
        if (status != Status.Next)
        {
            *VectorArea.MxcsrOf(s) = mxcsr;
        }

        return status;
    }

    /// <summary>A memory destination that must be aligned.</summary>
    public static int WriteAligned<T>(VpState* s, Op* o)
        where T : unmanaged =>
        SimdFault.Misaligned(s, o, (uint)sizeof(T)) ? Fault.GeneralProtection(s, 0) : Write<T>(s, o);

    /// <summary>The handler for a memory source of some size; null if none has it.</summary>
    public static delegate*<VpState*, Op*, int> Reader(int size, bool aligned) => (size, aligned) switch
    {
        (1, _) => &Read<byte>,
        (2, _) => &Read<ushort>,
        (4, _) => &Read<uint>,
        (8, _) => &Read<ulong>,
        (16, false) => &Read<Vector128<byte>>,
        (32, false) => &Read<Vector256<byte>>,
        (16, true) => &ReadAligned<Vector128<byte>>,
        (32, true) => &ReadAligned<Vector256<byte>>,
        _ => null,
    };

    /// <summary>The handler for a memory destination of some size; null if none has it.</summary>
    public static delegate*<VpState*, Op*, int> Writer(int size, bool aligned) => (size, aligned) switch
    {
        (1, _) => &Write<byte>,
        (2, _) => &Write<ushort>,
        (4, _) => &Write<uint>,
        (8, _) => &Write<ulong>,
        (16, false) => &Write<Vector128<byte>>,
        (32, false) => &Write<Vector256<byte>>,
        (16, true) => &WriteAligned<Vector128<byte>>,
        (32, true) => &WriteAligned<Vector256<byte>>,
        _ => null,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Run(VpState* s, Op* o)
    {
        ulong result = o->Extra != 0
            ? NativeStubs.Call((byte*)o->Extra, s, s->Scratch, 0)
            : NativeStubs.RunTransient(s, o, s->Scratch, 0);
        return result == 0 ? Status.Next : Complete(s, result);
    }

    private static int Complete(VpState* s, ulong result)
    {
        if ((long)result < 0)
        {
            return SimdFault.Raise(s, result);
        }

        LazyFlags.WriteArithmetic(s, result);
        return Status.Next;
    }
}
