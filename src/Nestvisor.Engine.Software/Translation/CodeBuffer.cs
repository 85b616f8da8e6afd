using System.Buffers.Binary;
using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>Collects the code of one translation. Registers are the host's, by number.</summary>
internal sealed class CodeBuffer : CodeWriter
{
    private const int Capacity = 1 << 17;
    private const int StackPointer = 4;

    private readonly byte[] _bytes = new byte[Capacity];

    /// <summary>Address that the first byte will have for execution.</summary>
    public ulong Origin { get; private set; }

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>The code.</summary>
    public ReadOnlySpan<byte> Code => _bytes.AsSpan(0, Length);

    /// <summary>Starts anew.</summary>
    public void Begin(ulong origin)
    {
        Origin = origin;
        Length = 0;
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value) => _bytes[Length++] = value;

    /// <summary>Appends bytes.</summary>
    public void Write(params ReadOnlySpan<byte> code)
    {
        code.CopyTo(_bytes.AsSpan(Length));
        Length += code.Length;
    }

    /// <summary>Appends four bytes.</summary>
    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(Length), value);
        Length += 4;
    }

    /// <summary>An instruction <c>opcode reg, [base + index * 2^scale + displacement]</c>; -1 for no base or index.</summary>
    public void Memory(bool wide, byte opcode, int register, int baseRegister, int index, int scale, int displacement)
    {
        int rex = (wide ? 8 : 0) | (register >> 3 << 2) | (index > 7 ? 2 : 0) | (baseRegister > 7 ? 1 : 0);
        if (rex != 0)
        {
            WriteByte((byte)(0x40 | rex));
        }

        WriteByte(opcode);
        int field = (register & 7) << 3;
        if (baseRegister < 0)
        {
            Write((byte)(field | 4), (byte)((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | 5));
            WriteInt32(displacement);
            return;
        }

        bool none = displacement == 0 && (baseRegister & 7) != 5;
        bool small = (sbyte)displacement == displacement;
        int mode = none ? 0 : small ? 0x40 : 0x80;
        if (index >= 0 || (baseRegister & 7) == 4)
        {
            Write((byte)(mode | field | 4), (byte)((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | (baseRegister & 7)));
        }
        else
        {
            WriteByte((byte)(mode | field | (baseRegister & 7)));
        }

        if (none)
        {
            return;
        }

        if (small)
        {
            WriteByte((byte)displacement);
        }
        else
        {
            WriteInt32(displacement);
        }
    }

    /// <summary>An instruction on a place in the frame.</summary>
    public void OnFrame(bool wide, byte opcode, int register, int displacement) =>
        Memory(wide, opcode, register, StackPointer, -1, 0, displacement);

    /// <summary><c>mov register, [frame]</c>, 64 bits.</summary>
    public void Load(int register, int displacement) => OnFrame(true, 0x8B, register, displacement);

    /// <summary><c>mov [frame], register</c>, 64 bits.</summary>
    public void Store(int register, int displacement) => OnFrame(true, 0x89, register, displacement);

    /// <summary><c>mov target, source</c>, 64 bits.</summary>
    public void Move(int target, int source) => RegisterForm(true, 0x8B, target, source);

    /// <summary><c>lea target, [source + displacement]</c>, 64 bits.</summary>
    public void Lea(int target, int source, int displacement) => Memory(true, 0x8D, target, source, -1, 0, displacement);

    /// <summary>An instruction <c>opcode reg, rm</c> on two registers.</summary>
    public void RegisterForm(bool wide, byte opcode, int register, int rm)
    {
        int rex = (wide ? 8 : 0) | (register >> 3 << 2) | (rm >> 3);
        if (rex != 0)
        {
            WriteByte((byte)(0x40 | rex));
        }

        Write(opcode, (byte)(0xC0 | ((register & 7) << 3) | (rm & 7)));
    }

    /// <summary>A call of, or jump to, code outside: E8 or E9.</summary>
    public void Far(byte opcode, ulong target)
    {
        WriteByte(opcode);
        WriteInt32((int)((long)target - (long)(Origin + (ulong)Length + 4)));
    }

    /// <summary>A jump within the code; <see cref="Land(int)"/> fills in where to.</summary>
    /// <returns>Position after its displacement.</returns>
    public int Jump()
    {
        Write(0xE9, 0, 0, 0, 0);
        return Length;
    }

    /// <summary>A conditional jump within the code, by the low four bits of its opcode.</summary>
    public int Jump(int condition)
    {
        Write(0x0F, (byte)(0x80 | condition), 0, 0, 0, 0);
        return Length;
    }

    /// <summary>Makes a jump go to the current position.</summary>
    public void Land(int jump) => Land(jump, Length);

    /// <summary>Makes a jump go to a position.</summary>
    public void Land(int jump, int position) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(jump - 4), position - jump);
}
