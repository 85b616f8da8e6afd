using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Native;

/// <summary>
/// The stubs of the process, shared by all virtual processors: position-independent, found again by their bytes, never changed
/// once published. The area is bounded; when it is full, further instructions run one at a time through a transient stub.
/// </summary>
internal static unsafe class NativeStubs
{
    private const ulong AreaSize = 16 << 20;

    private static readonly Lock Gate = new();
    private static readonly NativeCodeArea Area = new("nestvisor-stubs", AreaSize);
    private static readonly byte* Transient = Area.Add(new byte[StubWriter.Capacity]);
    private static readonly Dictionary<ulong, nint> Known = [];
    private static readonly StubEmitter Emitter = new();

    /// <summary>Reserves the area; to be called before the process gives up making executable mappings.</summary>
    public static void Reserve()
    {
        lock (Gate)
        {
            // Touching the class has done it.
        }
    }

    /// <summary>
    /// Finds or writes the stub of an instruction: <see cref="Op.Extra"/> gets its address (zero if the area is full),
    /// <see cref="Op.Immediate"/> the packed instruction.
    /// </summary>
    /// <returns>False if the instruction cannot be rewritten.</returns>
    public static bool TryPrepare(in Instruction instruction, ref Op op)
    {
        StubInstruction stub = StubInstruction.Rewrite(instruction);
        op.Register1 = stub.General1;
        op.Register2 = stub.General2;
        lock (Gate)
        {
            if (!Emitter.TryPack(stub, out op.Immediate))
            {
                return false;
            }

            ReadOnlySpan<byte> code = Emitter.Emit(stub);
            ulong key = Hash(code);
            if (Known.TryGetValue(key, out nint known))
            {
                // Two different stubs with one hash: the second always runs transiently.
                op.Extra = Area.Holds((byte*)known, code) ? known : 0;
                return true;
            }

            op.Extra = (nint)Area.Add(code);
            if (op.Extra != 0)
            {
                Known.Add(key, op.Extra);
            }

            return true;
        }
    }

    /// <summary>Runs an instruction for which there was no room.</summary>
    public static ulong RunTransient(VpState* s, Op* o, byte* memory, ulong rflags)
    {
        lock (Gate)
        {
            byte[] bytes = BitConverter.GetBytes(o->Immediate);
            Instruction instruction = Decoder.Create(64, bytes, DecoderOptions.None).Decode();
            StubInstruction stub = StubInstruction.FromRewritten(instruction, o->Register1, o->Register2);
            Area.Replace(Transient, Emitter.Emit(stub));

            // Code that was written through another address: serialize before running it (Intel SDM vol. 3 §9.1.3).
            _ = X86Base.CpuId(0, 0);
            return Call(Transient, s, memory, rflags);
        }
    }

    /// <summary>Runs a stub. It is straight-line code of a few dozen instructions, so that it need not let the collector in.</summary>
    public static ulong Call(byte* stub, VpState* s, byte* memory, ulong rflags) =>
        ((delegate* unmanaged[SuppressGCTransition]<VpState*, byte*, ulong, ulong>)stub)(s, memory, rflags);

    private static ulong Hash(ReadOnlySpan<byte> code)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in code)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash;
    }
}
