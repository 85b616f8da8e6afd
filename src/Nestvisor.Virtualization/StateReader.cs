using System.Buffers.Binary;

namespace Nestvisor.Virtualization;

/// <summary>Reads what <see cref="StateWriter"/> wrote. The input is not trusted.</summary>
public sealed class StateReader
{
    private readonly Dictionary<ushort, ReadOnlyMemory<byte>> _fields = [];
    private readonly HashSet<ushort> _read = [];

    /// <summary>Parses the fields.</summary>
    /// <param name="data">The saved bytes.</param>
    /// <exception cref="InvalidDataException">A field is cut off or comes twice.</exception>
    public StateReader(ReadOnlyMemory<byte> data)
    {
        while (data.Length != 0)
        {
            if (data.Length < 6)
            {
                throw new InvalidDataException("The saved state ends inside a field's header.");
            }

            ushort field = BinaryPrimitives.ReadUInt16LittleEndian(data.Span);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(data.Span[2..]);
            data = data[6..];
            if (length > data.Length)
            {
                throw new InvalidDataException($"The saved state ends inside field {field}.");
            }

            if (!_fields.TryAdd(field, data[..(int)length]))
            {
                throw new InvalidDataException($"The saved state holds field {field} twice.");
            }

            data = data[(int)length..];
        }
    }

    /// <summary>Whether a field is there.</summary>
    /// <param name="field">Field number.</param>
    /// <returns>True if it is.</returns>
    public bool Has(ushort field) => _fields.ContainsKey(field);

    /// <summary>Reads a number.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="missing">The value if the field is not there.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidDataException">The field is not a number.</exception>
    public ulong ReadUInt64(ushort field, ulong missing = 0)
    {
        if (!_fields.TryGetValue(field, out ReadOnlyMemory<byte> value))
        {
            return missing;
        }

        _read.Add(field);
        return value.Length == 8
            ? BinaryPrimitives.ReadUInt64LittleEndian(value.Span)
            : throw new InvalidDataException($"Field {field} of the saved state has {value.Length} bytes instead of 8.");
    }

    /// <summary>Reads a truth value.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="missing">The value if the field is not there.</param>
    /// <returns>The value.</returns>
    public bool ReadBoolean(ushort field, bool missing = false) => ReadUInt64(field, missing ? 1UL : 0UL) != 0;

    /// <summary>Reads bytes of a known length; leaves the target alone if the field is not there.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="target">Where to; its length is the field's.</param>
    /// <exception cref="InvalidDataException">The field has another length.</exception>
    public void ReadBytes(ushort field, Span<byte> target)
    {
        if (_fields.TryGetValue(field, out ReadOnlyMemory<byte> value))
        {
            _read.Add(field);
            if (value.Length != target.Length)
            {
                throw new InvalidDataException($"Field {field} of the saved state has {value.Length} bytes instead of {target.Length}.");
            }

            value.Span.CopyTo(target);
        }
    }

    /// <summary>Reads bytes of any length.</summary>
    /// <param name="field">Field number.</param>
    /// <returns>The bytes; empty if the field is not there.</returns>
    public ReadOnlyMemory<byte> ReadBytes(ushort field)
    {
        _read.Add(field);
        return _fields.GetValueOrDefault(field);
    }

    /// <summary>Reads 64-bit numbers; leaves the target alone if the field is not there.</summary>
    /// <param name="field">Field number.</param>
    /// <param name="target">Where to; its length is the field's.</param>
    public void ReadUInt64s(ushort field, Span<ulong> target)
    {
        if (Has(field))
        {
            byte[] bytes = new byte[target.Length * 8];
            ReadBytes(field, bytes.AsSpan());
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8));
            }
        }
    }

    /// <summary>Opens a part inside this one.</summary>
    /// <param name="field">Field number.</param>
    /// <returns>Its reader; of an empty part if the field is not there.</returns>
    public StateReader ReadPart(ushort field) => new(ReadBytes(field));

    /// <summary>Refuses state from a newer version.</summary>
    /// <exception cref="InvalidDataException">A field was not read.</exception>
    public void End()
    {
        foreach (ushort field in _fields.Keys)
        {
            if (!_read.Contains(field))
            {
                throw new InvalidDataException($"The saved state holds field {field}, which this version does not know.");
            }
        }
    }
}
