using System.Buffers;
using System.Buffers.Binary;

namespace Nestvisor.Virtualization;

/// <summary>
/// Writes saved state: numbered fields, each {number u16, length u32, little-endian bytes}. Numbers are never used
/// again for another meaning.
/// </summary>
public sealed class StateWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>What has been written so far.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>Writes a number of up to 64 bits.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="value">Its value.</param>
    public void Write(ushort field, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(field, bytes);
    }

    /// <summary>Writes a truth value.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="value">Its value.</param>
    public void Write(ushort field, bool value) => Write(field, value ? 1UL : 0UL);

    /// <summary>Writes bytes.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="value">The bytes.</param>
    public void Write(ushort field, ReadOnlySpan<byte> value)
    {
        Span<byte> head = _buffer.GetSpan(6);
        BinaryPrimitives.WriteUInt16LittleEndian(head, field);
        BinaryPrimitives.WriteUInt32LittleEndian(head[2..], (uint)value.Length);
        _buffer.Advance(6);
        _buffer.Write(value);
    }

    /// <summary>Writes 64-bit numbers as one field.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="values">The numbers.</param>
    public void Write(ushort field, ReadOnlySpan<ulong> values)
    {
        byte[] bytes = new byte[values.Length * 8];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), values[i]);
        }

        Write(field, bytes.AsSpan());
    }

    /// <summary>Writes a part inside this one.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="save">Writes the part's fields.</param>
    public void WritePart(ushort field, Action<StateWriter> save)
    {
        StateWriter inner = new();
        save(inner);
        Write(field, inner.Written.Span);
    }
}
