using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>The registers of a remapping unit as storage: what is reserved reads as 0 and stays so (VT-d 3.3 §10.4). Not locked.</summary>
internal sealed class VtdRegisters
{
    private const int Words = (VtdRegister.FaultRecords / 4) + (VtdRegister.FaultRecordCount * 4);

    private readonly uint[] _values = new uint[Words];
    private readonly uint[] _reset = new uint[Words];
    private readonly uint[] _writable = new uint[Words];
    private readonly uint[] _clearable = new uint[Words];
    private readonly uint[] _status = new uint[Words];

    public VtdRegisters()
    {
        const uint Low = (uint)(VtdRegister.TableAddress & uint.MaxValue);
        const uint High = (uint)(VtdRegister.TableAddress >> 32);
        const uint QueueOffset = 0x7_FFF0;
        _reset[VtdRegister.Version / 4] = VtdRegister.VersionValue;
        SetReset64(VtdRegister.Capability, VtdRegister.CapabilityValue);
        SetReset64(VtdRegister.ExtendedCapability, VtdRegister.ExtendedCapabilityValue);
        _status[VtdRegister.GlobalStatus / 4] = VtdRegister.StatusBits;
        SetWritable64(VtdRegister.RootTable, Low, High);

        // CAIG follows CIRG, IAIG follows IIRG; nothing is cached, so both are done at once.
        SetWritable64(VtdRegister.ContextCommand, uint.MaxValue, 0x6000_0003);
        _status[(VtdRegister.ContextCommand / 4) + 1] = 0x1800_0000;
        SetWritable64(VtdRegister.Iotlb, 0, 0x3003_FFFF);
        _status[(VtdRegister.Iotlb / 4) + 1] = 0x0600_0000;
        _clearable[VtdRegister.FaultStatus / 4] = VtdRegister.FaultOverflow | VtdRegister.QueueError;
        _status[VtdRegister.FaultStatus / 4] =
            VtdRegister.FaultPending | ((VtdRegister.FaultRecordCount - 1) << VtdRegister.FaultIndexShift);
        _status[VtdRegister.QueueHead / 4] = QueueOffset;
        _writable[VtdRegister.QueueTail / 4] = QueueOffset;
        SetWritable64(VtdRegister.QueueAddress, Low | 7, High);
        _clearable[VtdRegister.InvalidationStatus / 4] = VtdRegister.WaitComplete;
        SetWritable64(VtdRegister.InterruptTable, Low | 15, High);
        foreach (int control in (ReadOnlySpan<int>)[VtdRegister.FaultControl, VtdRegister.InvalidationControl])
        {
            _reset[control / 4] = VtdRegister.EventMasked;
            _writable[control / 4] = VtdRegister.EventMasked;
            _status[control / 4] = VtdRegister.EventPending;
            _writable[(control / 4) + 1] = 0xFFFF;
            _writable[(control / 4) + 2] = 0xFFFF_FFFC;
        }

        for (int i = 0; i < VtdRegister.FaultRecordCount; i++)
        {
            int at = (VtdRegister.FaultRecords / 4) + (i * 4);
            _status.AsSpan(at, 4).Fill(uint.MaxValue);
            _status[at + 3] = ~VtdRegister.RecordFault;
            _clearable[at + 3] = VtdRegister.RecordFault;
        }

        Reset();
    }

    /// <summary>The value of 32 bits; setting them asks for no rights.</summary>
    /// <param name="offset">Offset, a multiple of 4.</param>
    public uint this[int offset]
    {
        get => _values[offset / 4];
        set => _values[offset / 4] = value;
    }

    /// <summary>The value of a 64-bit register.</summary>
    public ulong Get64(int offset) => this[offset] | ((ulong)this[offset + 4] << 32);

    /// <summary>Sets a 64-bit register; asks for no rights.</summary>
    public void Set64(int offset, ulong value) => (this[offset], this[offset + 4]) = ((uint)value, (uint)(value >> 32));

    public void Reset() => _reset.CopyTo(_values, 0);

    /// <summary>Writes 32 bits as the guest does: writable bits take the value, status bits are cleared by ones.</summary>
    public void Write(int offset, uint value)
    {
        int at = offset / 4;
        if (at < Words)
        {
            _values[at] = (_values[at] & ~(_writable[at] | (value & _clearable[at]))) | (value & _writable[at]);
        }
    }

    /// <summary>Reads bytes; those outside the registers' page are ones.</summary>
    public void Read(ulong offset, Span<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        for (int i = 0; i < data.Length; i++)
        {
            ulong at = offset + (ulong)i;
            if (at / 4 < Words)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(word, _values[(int)at / 4]);
                data[i] = word[(int)at & 3];
            }
            else
            {
                data[i] = at < VtdRegister.Size ? (byte)0 : (byte)0xFF;
            }
        }
    }

    public void Save(StateWriter writer, ushort field)
    {
        byte[] bytes = new byte[Words * 4];
        Read(0, bytes);
        writer.Write(field, bytes);
    }

    /// <exception cref="InvalidDataException">A bit is set that no guest and no fault can set.</exception>
    public void Restore(StateReader reader, ushort field)
    {
        Reset();
        byte[] bytes = new byte[Words * 4];
        Read(0, bytes);
        reader.ReadBytes(field, bytes.AsSpan());
        for (int i = 0; i < Words; i++)
        {
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i * 4));
            if (((value ^ _reset[i]) & ~(_writable[i] | _clearable[i] | _status[i])) != 0)
            {
                throw new InvalidDataException($"The saved remapping unit has reserved bits set in the register at {i * 4:X}h.");
            }

            _values[i] = value;
        }
    }

    private void SetReset64(int offset, ulong value) => (_reset[offset / 4], _reset[(offset / 4) + 1]) = ((uint)value, (uint)(value >> 32));

    private void SetWritable64(int offset, uint low, uint high) => (_writable[offset / 4], _writable[(offset / 4) + 1]) = (low, high);
}
