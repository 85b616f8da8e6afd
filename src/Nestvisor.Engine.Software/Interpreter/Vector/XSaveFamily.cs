using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// XSAVE and XSAVEOPT in the standard format, XSAVEC in the compacted one, and XRSTOR (Intel SDM vol. 1 §13.7 to 13.10; AMD APM
/// vol. 2 §11.5). The error pointers are always saved and restored (CPUID 80000008h EBX bit 2).
/// </summary>
internal static unsafe class XSaveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int Wide = 1;
    private const int Optimized = 2;
    private const int Compact = 4;

    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Xsave_mem] = BuildSave;
        table[Code.Xsave64_mem] = BuildSave;
        table[Code.Xsaveopt_mem] = BuildSave;
        table[Code.Xsaveopt64_mem] = BuildSave;
        table[Code.Xsavec_mem] = BuildSave;
        table[Code.Xsavec64_mem] = BuildSave;
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
        bool wide = instruction.Code is Code.Xsave64_mem or Code.Xsaveopt64_mem or Code.Xsavec64_mem or Code.Xrstor64_mem;
        op.Register1 = (byte)((wide ? Wide : 0) | instruction.Mnemonic switch
        {
            Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 => Optimized,
            Mnemonic.Xsavec or Mnemonic.Xsavec64 => Optimized | Compact,
            _ => 0,
        });
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
        bool compact = (o->Register1 & Compact) != 0;
        int status = TMemory.ProbeWrite(s, o->Segment, offset, XSaveLayout.Size(requested, compact));
        if (status != Status.Next)
        {
            return status;
        }

        ulong header = 0;
        status = compact ? status : TMemory.ReadAt(s, o->Segment, (offset + VectorArea.LegacySize) & o->AddressMask, out header);
        if (status != Status.Next)
        {
            return status;
        }

        ulong inUse = compact ? XSaveLayout.InUseWithMxcsr(s) : XSaveLayout.InUse(s);
        ulong write = (o->Register1 & Optimized) != 0 ? requested & inUse : requested;
        byte* image = s->Scratch;
        int registers = o->Register2;
        LegacyImage.Write(s, image, (o->Register1 & Wide) != 0, registers);
        if ((write & XSaveLayout.X87) != 0)
        {
            Put(s, o, offset, image, 0, VectorArea.Mxcsr);
            Put(s, o, offset, image, VectorArea.X87Registers, VectorArea.Xmm - VectorArea.X87Registers);
        }

        if ((compact ? write & XSaveLayout.Sse : requested & (XSaveLayout.Sse | XSaveLayout.Avx)) != 0)
        {
            Put(s, o, offset, image, VectorArea.Mxcsr, 8);
        }

        if ((write & XSaveLayout.Sse) != 0)
        {
            Put(s, o, offset, image, VectorArea.Xmm, 16 * registers);
        }

        if ((write & XSaveLayout.Avx) != 0)
        {
            Put(s, o, offset, s->Vector, VectorArea.YmmHigh, 16 * registers);
        }

        if ((write & XSaveLayout.Pkru) != 0)
        {
            *(ulong*)image = s->Pkru;
            _ = TMemory.WriteBytes(s, o->Segment, (offset + (uint)XSaveLayout.PkruOffset(compact ? requested : XSaveLayout.Avx)) & o->AddressMask, image, 8);
        }

        ulong* bits = (ulong*)(image + VectorArea.LegacySize);
        bits[0] = (header & ~requested) | (inUse & requested);
        bits[1] = requested | XSaveLayout.Compacted;
        Put(s, o, offset, image, VectorArea.LegacySize, compact ? 2 * sizeof(ulong) : sizeof(ulong));
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
        bool compact = (header[1] & XSaveLayout.Compacted) != 0;
        if (compact ? !IsCompacted(s, header) : (header[0] & ~s->Xcr0) != 0 || (header[1] | header[2]) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        // In the standard format MXCSR belongs to SSE and AVX and is always loaded; in the compacted one it is as much of SSE as XMM0.
        ulong load = requested & header[0];
        bool changesMxcsr = (requested & (compact ? XSaveLayout.Sse : XSaveLayout.Sse | XSaveLayout.Avx)) != 0;
        uint mxcsr = compact && (load & XSaveLayout.Sse) == 0 ? VectorArea.MxcsrReset : *(uint*)(image + VectorArea.Mxcsr);
        if (changesMxcsr && (mxcsr & ~VectorArea.MxcsrBits) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        int registers = o->Register2;
        if ((load & XSaveLayout.Avx) != 0)
        {
            status = TMemory.ReadBytes(
                s, o->Segment, (offset + VectorArea.YmmHigh) & o->AddressMask, image + VectorArea.YmmHigh, 16 * registers);
            if (status != Status.Next)
            {
                return status;
            }
        }

        ulong pkru = 0;
        if ((load & XSaveLayout.Pkru) != 0)
        {
            status = TMemory.ReadAt(s, o->Segment, (offset + (uint)XSaveLayout.PkruOffset(compact ? header[1] : XSaveLayout.Avx)) & o->AddressMask, out pkru);
            if (status != Status.Next)
            {
                return status;
            }
        }

        if ((requested & XSaveLayout.Pkru) != 0)
        {
            SoftwareProcessor.Of(s).SetPkru((uint)pkru);
        }

        Load(s, image, requested, load, registers, (o->Register1 & Wide) != 0);
        if (changesMxcsr)
        {
            *VectorArea.MxcsrOf(s) = mxcsr;
        }

        return FloatingMode.Changed(s, o);
    }

    // Whether the header of a compacted image is valid, on a processor that knows them (Intel SDM vol. 1 §13.8.2).
    private static bool IsCompacted(VpState* s, ulong* header)
    {
        ulong components = header[1] & ~XSaveLayout.Compacted;
        return SoftwareProcessor.Of(s).Partition.Codes.Allows(Code.Xsavec_mem, code64: true)
            && (components & ~s->Xcr0) == 0
            && (header[0] & ~components) == 0
            && !new ReadOnlySpan<ulong>(header + 2, 6).ContainsAnyExcept(0UL);
    }

    private static void Load(VpState* s, byte* image, ulong requested, ulong load, int registers, bool wide)
    {
        if ((load & XSaveLayout.X87) != 0)
        {
            LegacyImage.ReadX87(s, image, wide);
        }
        else if ((requested & XSaveLayout.X87) != 0)
        {
            LegacyImage.InitializeX87(s->Vector);
        }

        if ((load & XSaveLayout.Sse) != 0)
        {
            LegacyImage.ReadXmm(s, image, registers);
        }
        else if ((requested & XSaveLayout.Sse) != 0)
        {
            new Span<byte>(s->Vector + VectorArea.Xmm, 16 * registers).Clear();
        }

        if ((load & XSaveLayout.Avx) != 0)
        {
            Buffer.MemoryCopy(image + VectorArea.YmmHigh, s->Vector + VectorArea.YmmHigh, 16 * registers, 16 * registers);
        }
        else if ((requested & XSaveLayout.Avx) != 0)
        {
            new Span<byte>(s->Vector + VectorArea.YmmHigh, 16 * registers).Clear();
        }
    }

    private static void Put(VpState* s, Op* o, ulong offset, byte* image, int start, int length) =>
        _ = TMemory.WriteBytes(s, o->Segment, (offset + (uint)start) & o->AddressMask, image + start, length);
}
