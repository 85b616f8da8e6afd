using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// XSAVE, XSAVEOPT and XRSTOR in the standard format (Intel SDM vol. 1 §13.7 to 13.9; AMD APM vol. 2 §11.5). The error pointers
/// are always saved and restored (CPUID 80000008h EBX bit 2).
/// </summary>
internal static unsafe class XSaveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const ulong X87 = 1;
    private const ulong Sse = 2;
    private const ulong Avx = 4;
    private const ulong Pkru = Xcr0.PKRU;
    private const int PkruOffset = VectorArea.YmmHigh + 256;
    private const int Wide = 1;
    private const int Optimized = 2;

    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Xsave_mem] = BuildSave;
        table[Code.Xsave64_mem] = BuildSave;
        table[Code.Xsaveopt_mem] = BuildSave;
        table[Code.Xsaveopt64_mem] = BuildSave;
        table[Code.Xrstor_mem] = BuildRestore;
        table[Code.Xrstor64_mem] = BuildRestore;
    }

    private static void BuildSave(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!Close(mode, ref op))
        {
            Fill(instruction, mode, ref op);
            op.Handler = &Save;
        }
    }

    private static void BuildRestore(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!Close(mode, ref op))
        {
            Fill(instruction, mode, ref op);
            op.Handler = &Restore;
        }
    }

    private static bool Close(BlockMode mode, ref Op op)
    {
        if (!mode.Has(BlockMode.OsXsave))
        {
            op.Handler = &VectorGate.InvalidOpcode;
            return true;
        }

        if (mode.Has(BlockMode.TaskSwitched))
        {
            op.Handler = &VectorGate.DeviceNotAvailable;
            return true;
        }

        return false;
    }

    private static void Fill(in Instruction instruction, BlockMode mode, ref Op op)
    {
        op.Register1 = (byte)((instruction.Code is Code.Xsave64_mem or Code.Xsaveopt64_mem or Code.Xrstor64_mem ? Wide : 0)
            | (instruction.Code is Code.Xsaveopt_mem or Code.Xsaveopt64_mem ? Optimized : 0));
        op.Register2 = (byte)(mode.Bitness == 64 ? 16 : 8);
    }

    private static ulong Requested(VpState* s) =>
        s->Xcr0 & ((uint)s->Gpr[0] | (s->Gpr[2] << 32));

    private static int Save(VpState* s, Op* o)
    {
        if (SimdFault.Misaligned(s, o, 64))
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong requested = Requested(s);
        ulong offset = EffectiveAddress.Offset(s, o);
        int size = (requested & Pkru) != 0 ? PkruOffset + 8 : (requested & Avx) != 0 ? PkruOffset : VectorArea.YmmHigh;
        int status = TMemory.ProbeWrite(s, o->Segment, offset, size);
        if (status != Status.Next)
        {
            return status;
        }

        status = TMemory.ReadAt(s, o->Segment, (offset + VectorArea.LegacySize) & o->AddressMask, out ulong header);
        if (status != Status.Next)
        {
            return status;
        }

        ulong inUse = InUse(s);
        ulong write = (o->Register1 & Optimized) != 0 ? requested & inUse : requested;
        byte* image = s->Scratch;
        int registers = o->Register2;
        LegacyImage.Write(s, image, (o->Register1 & Wide) != 0, registers);
        if ((write & X87) != 0)
        {
            Put(s, o, offset, image, 0, VectorArea.Mxcsr);
            Put(s, o, offset, image, VectorArea.X87Registers, VectorArea.Xmm - VectorArea.X87Registers);
        }

        if ((requested & (Sse | Avx)) != 0)
        {
            Put(s, o, offset, image, VectorArea.Mxcsr, 8);
        }

        if ((write & Sse) != 0)
        {
            Put(s, o, offset, image, VectorArea.Xmm, 16 * registers);
        }

        if ((write & Avx) != 0)
        {
            Put(s, o, offset, s->Vector, VectorArea.YmmHigh, 16 * registers);
        }

        if ((write & Pkru) != 0)
        {
            *(ulong*)image = s->Pkru;
            _ = TMemory.WriteBytes(s, o->Segment, (offset + PkruOffset) & o->AddressMask, image, 8);
        }

        *(ulong*)(image + VectorArea.LegacySize) = (header & ~requested) | (inUse & requested);
        Put(s, o, offset, image, VectorArea.LegacySize, sizeof(ulong));
        return Status.Next;
    }

    private static int Restore(VpState* s, Op* o)
    {
        if (SimdFault.Misaligned(s, o, 64))
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong requested = Requested(s);
        ulong offset = EffectiveAddress.Offset(s, o);
        byte* image = s->Scratch;
        int status = TMemory.ReadBytes(s, o->Segment, offset, image, VectorArea.YmmHigh);
        if (status != Status.Next)
        {
            return status;
        }

        ulong* header = (ulong*)(image + VectorArea.LegacySize);
        if ((header[0] & ~s->Xcr0) != 0 || (header[1] | header[2]) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong load = requested & header[0];
        uint mxcsr = *(uint*)(image + VectorArea.Mxcsr);
        if ((requested & (Sse | Avx)) != 0 && (mxcsr & ~VectorArea.MxcsrBits) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        int registers = o->Register2;
        if ((load & Avx) != 0)
        {
            status = TMemory.ReadBytes(
                s, o->Segment, (offset + VectorArea.YmmHigh) & o->AddressMask, image + VectorArea.YmmHigh, 16 * registers);
            if (status != Status.Next)
            {
                return status;
            }
        }

        ulong pkru = 0;
        if ((load & Pkru) != 0)
        {
            status = TMemory.ReadAt(s, o->Segment, (offset + PkruOffset) & o->AddressMask, out pkru);
            if (status != Status.Next)
            {
                return status;
            }
        }

        if ((requested & Pkru) != 0)
        {
            SoftwareProcessor.Of(s).SetPkru((uint)pkru);
        }

        Load(s, image, requested, load, registers, (o->Register1 & Wide) != 0);
        if ((requested & (Sse | Avx)) != 0)
        {
            *VectorArea.MxcsrOf(s) = mxcsr;
        }

        return FloatingMode.Changed(s, o);
    }

    private static void Load(VpState* s, byte* image, ulong requested, ulong load, int registers, bool wide)
    {
        if ((load & X87) != 0)
        {
            LegacyImage.ReadX87(s, image, wide);
        }
        else if ((requested & X87) != 0)
        {
            LegacyImage.InitializeX87(s->Vector);
        }

        if ((load & Sse) != 0)
        {
            LegacyImage.ReadXmm(s, image, registers);
        }
        else if ((requested & Sse) != 0)
        {
            new Span<byte>(s->Vector + VectorArea.Xmm, 16 * registers).Clear();
        }

        if ((load & Avx) != 0)
        {
            Buffer.MemoryCopy(image + VectorArea.YmmHigh, s->Vector + VectorArea.YmmHigh, 16 * registers, 16 * registers);
        }
        else if ((requested & Avx) != 0)
        {
            new Span<byte>(s->Vector + VectorArea.YmmHigh, 16 * registers).Clear();
        }
    }

    /// <summary>XINUSE: the components that are not in their initial configuration; for SSE MXCSR does not count.</summary>
    private static ulong InUse(VpState* s)
    {
        byte* area = s->Vector;
        bool x87 = *(ulong*)area != VectorArea.FcwReset
            || (*(ulong*)(area + VectorArea.Fip) | *(ulong*)(area + VectorArea.Fdp)) != 0
            || AnyBits(area + VectorArea.X87Registers, 128);
        return (x87 ? X87 : 0)
            | (AnyBits(area + VectorArea.Xmm, 256) ? Sse : 0)
            | (AnyBits(area + VectorArea.YmmHigh, 256) ? Avx : 0)
            | (s->Pkru != 0 ? Pkru : 0);
    }

    private static bool AnyBits(byte* at, int length) => new ReadOnlySpan<byte>(at, length).ContainsAnyExcept((byte)0);

    private static void Put(VpState* s, Op* o, ulong offset, byte* image, int start, int length) =>
        _ = TMemory.WriteBytes(s, o->Segment, (offset + (uint)start) & o->AddressMask, image + start, length);
}
