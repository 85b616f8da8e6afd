using System.Buffers.Binary;
using Iced.Intel;

namespace Nestvisor.Engine.Software.Native;

/// <summary>Collects the bytes of one stub. The templates use r11 for the vector area and rdi for the processor's state.</summary>
internal sealed class StubWriter : CodeWriter
{
    /// <summary>Longest stub.</summary>
    public const int Capacity = 512;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _length;

    public ReadOnlySpan<byte> Code => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public override void WriteByte(byte value) => _bytes[_length++] = value;

    public void Write(ReadOnlySpan<byte> code)
    {
        code.CopyTo(_bytes.AsSpan(_length));
        _length += code.Length;
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_length), value);
        _length += 4;
    }

    /// <summary>Writes a forward <c>jnz rel32</c>; <see cref="Land"/> fills in the distance.</summary>
    public int JumpIfNotZero()
    {
        Write([0x0F, 0x85, 0, 0, 0, 0]);
        return _length;
    }

    public void Land(int jump) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(jump - 4), _length - jump);

    /// <summary><c>mov register, [rdi + offset]</c>, 64 bits.</summary>
    public void LoadGeneral(int register, int offset) => GeneralMove(0x8B, register, offset);

    /// <summary><c>mov [rdi + offset], register</c>, 64 bits.</summary>
    public void StoreGeneral(int register, int offset) => GeneralMove(0x89, register, offset);

    /// <summary><c>movups xmm, [r11 + offset]</c>.</summary>
    public void LoadXmm(int number, int offset) => LegacyMove(0x10, number, offset);

    /// <summary><c>movups [r11 + offset], xmm</c>.</summary>
    public void StoreXmm(int number, int offset) => LegacyMove(0x11, number, offset);

    /// <summary><c>vmovups xmm, [r11 + low]; vinsertf128 ymm, ymm, [r11 + high], 1</c>.</summary>
    public void LoadYmm(int number, int low, int high)
    {
        Vex(number, map: 1, 0x78, 0x10, low);
        Vex(number, map: 3, (byte)(((~number & 15) << 3) | 5), 0x18, high);
        WriteByte(1);
    }

    /// <summary><c>vmovups [r11 + low], xmm; vextractf128 [r11 + high], ymm, 1</c>.</summary>
    public void StoreYmm(int number, int low, int high)
    {
        Vex(number, map: 1, 0x78, 0x11, low);
        Vex(number, map: 3, 0x7D, 0x19, high);
        WriteByte(1);
    }

    private void GeneralMove(byte opcode, int register, int offset)
    {
        Write([(byte)(0x48 | (register >> 3 << 2)), opcode, (byte)(0x87 | ((register & 7) << 3))]);
        WriteInt32(offset);
    }

    private void LegacyMove(byte opcode, int number, int offset)
    {
        Write([(byte)(0x41 | (number >> 3 << 2)), 0x0F, opcode, (byte)(0x83 | ((number & 7) << 3))]);
        WriteInt32(offset);
    }

    private void Vex(int number, int map, byte last, byte opcode, int offset)
    {
        Write([0xC4, (byte)((number < 8 ? 0xC0 : 0x40) | map), last, opcode, (byte)(0x83 | ((number & 7) << 3))]);
        WriteInt32(offset);
    }
}
