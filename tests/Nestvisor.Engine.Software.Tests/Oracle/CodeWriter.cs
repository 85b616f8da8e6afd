using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>Writes machine code; absolute operands are below 2 GiB.</summary>
internal sealed unsafe class CodeWriter(byte* start)
{
    private byte* _at = start;

    public byte* Position => _at;

    public CodeWriter Bytes(params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(_at, bytes.Length));
        _at += bytes.Length;
        return this;
    }

    public CodeWriter Int32(long value)
    {
        MemoryMarshal.Write(new Span<byte>(_at, 4), (int)value);
        _at += 4;
        return this;
    }

    public CodeWriter Int64(nint value)
    {
        MemoryMarshal.Write(new Span<byte>(_at, 8), (long)value);
        _at += 8;
        return this;
    }

    /// <summary>Opcode with a [disp32] operand and the given reg field.</summary>
    public CodeWriter Absolute(ReadOnlySpan<byte> opcode, int reg, void* address) =>
        Bytes(opcode).Bytes((byte)(((reg & 7) << 3) | 4), 0x25).Int32((long)address);

    /// <summary>MOV r64, [address].</summary>
    public CodeWriter Load(int register, void* address) => Absolute([(byte)(0x48 | ((register >> 3) << 2)), 0x8B], register, address);

    /// <summary>MOV [address], r64.</summary>
    public CodeWriter Store(int register, void* address) => Absolute([(byte)(0x48 | ((register >> 3) << 2)), 0x89], register, address);

    /// <summary>MOV qword [address], 1.</summary>
    public CodeWriter StoreOne(void* address) => Absolute([0x48, 0xC7], 0, address).Int32(1);

    /// <summary>JMP target.</summary>
    public CodeWriter Jump(byte* target) => Bytes(0xE9).Int32(target - (_at + 4));
}
