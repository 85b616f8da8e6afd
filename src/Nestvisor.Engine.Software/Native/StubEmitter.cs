using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Native;

/// <summary>
/// Writes the native code that runs one x87, MMX, SSE or AVX instruction on saved state:
/// <c>ulong stub(VpState* rdi, byte* memory rsi, ulong rflags rdx)</c>. A leaf in the SysV convention that uses the red zone
/// and caller-saved registers only, and leaves MXCSR and the x87 unit as the host wants them. All SIMD exceptions are masked
/// while it runs. Returns RFLAGS if the instruction writes them; if an exception is unmasked in the guest's MXCSR, bit 63 with
/// the raised flags in bits 37:32, and nothing is stored.
/// </summary>
internal sealed class StubEmitter
{
    private readonly InstructionInfoFactory _info = new();
    private readonly StubWriter _writer = new();
    private readonly Encoder _encoder;

    public StubEmitter() => _encoder = Encoder.Create(64, _writer);

    /// <summary>Encodes the instruction alone, for keeping.</summary>
    /// <returns>Its bytes in a word; false if it does not fit.</returns>
    public bool TryPack(in StubInstruction stub, out ulong packed)
    {
        _writer.Clear();
        packed = 0;
        if (!_encoder.TryEncode(stub.Instruction, 0, out uint length, out _) || length > sizeof(ulong))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        _writer.Code.CopyTo(bytes);
        packed = BitConverter.ToUInt64(bytes);
        return true;
    }

    /// <summary>Writes the stub; the bytes are valid until the next call.</summary>
    public ReadOnlySpan<byte> Emit(in StubInstruction stub)
    {
        Instruction instruction = stub.Instruction;
        ref readonly InstructionInfo info = ref _info.GetInfo(instruction);
        bool x87 = StubTraits.UsesX87State(instruction);
        bool vex = instruction.Code.Encoding() == EncodingKind.VEX;
        bool mxcsr = StubTraits.UsesMxcsr(instruction.Mnemonic);
        bool writesFlags = instruction.RflagsModified != RflagsBits.None;
        StubWriter w = _writer;
        w.Clear();
        w.Write([0x4C, 0x8B, 0x9F]); // mov r11, [rdi + Vector]
        w.WriteInt32(VectorOffset);
        if (x87 || mxcsr)
        {
            w.Write([0x0F, 0xAE, 0x5C, 0x24, 0xF0]); // stmxcsr [rsp-16]
        }

        if (x87)
        {
            w.Write([0x45, 0x8B, 0x53, 0x18]); // mov r10d, [r11+24]
            w.Write([0x49, 0x0F, 0xAE, 0x0B]); // fxrstor64 [r11]
        }

        if (mxcsr)
        {
            w.Write([0x41, 0x8B, 0x43, 0x18]); // mov eax, [r11+24]
            w.Write([0x0D, 0x80, 0x1F, 0x00, 0x00]); // or eax, 1F80h
            w.Write([0x83, 0xE0, 0xC0]); // and eax, ~3Fh
            w.Write([0x89, 0x44, 0x24, 0xF4]); // mov [rsp-12], eax
            w.Write([0x0F, 0xAE, 0x54, 0x24, 0xF4]); // ldmxcsr [rsp-12]
        }

        if (!x87)
        {
            MoveVectors(info, vex, store: false);
        }

        MoveGenerals(stub, store: false);
        if (instruction.RflagsRead != RflagsBits.None || (x87 && writesFlags))
        {
            w.Write([0x52, 0x9D]); // push rdx; popfq
        }

        _ = _encoder.TryEncode(instruction, 0, out _, out _);
        if (writesFlags)
        {
            w.Write([0x9C, 0x41, 0x5A]); // pushfq; pop r10
        }

        int fault = mxcsr ? EmitMxcsrCheck(x87) : 0;
        MoveGenerals(stub, store: true);
        if (x87)
        {
            w.Write([0x49, 0x0F, 0xAE, 0x03]); // fxsave64 [r11]
            w.Write([0xDB, 0xE3]); // fninit
            if (mxcsr)
            {
                w.Write([0x41, 0x09, 0xC2, 0x45, 0x89, 0x53, 0x18]); // or r10d, eax; mov [r11+24], r10d
            }
            else
            {
                w.Write([0x0F, 0xAE, 0x54, 0x24, 0xF0]); // ldmxcsr [rsp-16]
            }
        }
        else
        {
            MoveVectors(info, vex, store: true);
        }

        Return(vex, writesFlags ? [0x4C, 0x89, 0xD0] : [0x31, 0xC0]); // mov rax, r10; or xor eax, eax
        if (mxcsr)
        {
            w.Land(fault);
            if (x87)
            {
                w.Write([0xDB, 0xE3]); // fninit
            }

            Return(vex, [0x48, 0xC1, 0xE0, 0x20, 0x48, 0x0F, 0xBA, 0xE8, 0x3F]); // shl rax, 32; bts rax, 63
        }

        return w.Code;
    }

    private static readonly int VectorOffset = FindVectorOffset();

    private static unsafe int FindVectorOffset()
    {
        VpState state = default;

        // SAFETY: the distance between two addresses inside one local.
        return (int)((byte*)&state.Vector - (byte*)&state);
    }

    private int EmitMxcsrCheck(bool x87)
    {
        StubWriter w = _writer;
        w.Write([0x0F, 0xAE, 0x5C, 0x24, 0xF4]); // stmxcsr [rsp-12]
        w.Write([0x0F, 0xAE, 0x54, 0x24, 0xF0]); // ldmxcsr [rsp-16]
        w.Write([0x8B, 0x44, 0x24, 0xF4, 0x83, 0xE0, 0x3F]); // mov eax, [rsp-12]; and eax, 3Fh
        w.Write([0x41, 0x8B, 0x4B, 0x18, 0xC1, 0xE9, 0x07]); // mov ecx, [r11+24]; shr ecx, 7
        w.Write([0xF7, 0xD1, 0x21, 0xC1]); // not ecx; and ecx, eax
        int fault = w.JumpIfNotZero();
        if (!x87)
        {
            w.Write([0x41, 0x09, 0x43, 0x18]); // or [r11+24], eax
        }

        return fault;
    }

    private void Return(bool vex, ReadOnlySpan<byte> result)
    {
        if (vex)
        {
            _writer.Write([0xC5, 0xF8, 0x77]); // vzeroupper
        }

        _writer.Write(result);
        _writer.WriteByte(0xC3);
    }

    private void MoveVectors(in InstructionInfo info, bool vex, bool store)
    {
        uint done = 0;
        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            if (!used.Register.IsVectorRegister() || (store && used.Access is OpAccess.Read or OpAccess.CondRead))
            {
                continue;
            }

            int number = used.Register.GetNumber();
            if (number > 15 || (done >> number & 1) != 0)
            {
                continue;
            }

            done |= 1u << number;
            int low = VectorArea.Xmm + (16 * number);
            int high = VectorArea.YmmHigh + (16 * number);
            if (vex && store)
            {
                _writer.StoreYmm(number, low, high);
            }
            else if (vex)
            {
                _writer.LoadYmm(number, low, high);
            }
            else if (store)
            {
                _writer.StoreXmm(number, low);
            }
            else
            {
                _writer.LoadXmm(number, low);
            }
        }
    }

    private void MoveGenerals(in StubInstruction stub, bool store)
    {
        (bool lengths, bool index) = StubTraits.StringCompare(stub.Instruction.Mnemonic);
        if (!store)
        {
            if (lengths)
            {
                _writer.LoadGeneral(0, Registers.Rax);
                _writer.LoadGeneral(2, Registers.Rdx);
            }

            if (stub.General1 != VpState.ZeroOffset)
            {
                _writer.LoadGeneral(8, stub.General1);
            }

            if (stub.General2 != VpState.ZeroOffset)
            {
                _writer.LoadGeneral(9, stub.General2);
            }
        }
        else
        {
            if (index)
            {
                _writer.StoreGeneral(1, Registers.Rcx);
            }

            if (stub.General1 != VpState.ZeroOffset && StubTraits.WritesGeneral(stub.Instruction, _info))
            {
                _writer.StoreGeneral(8, stub.General1);
            }
        }
    }
}
