using System.Buffers.Binary;
using Nestvisor.Devices.Pci;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Test;

/// <summary>
/// QEMU's teaching device as its docs/specs/edu describes it, which kvm-unit-tests uses to make DMA and interrupts: registers in
/// base address 0, a buffer of 4 KiB that DMA reads and writes, INTA# or one MSI. What takes time there is done at once here.
/// </summary>
internal sealed class EduFunction : PciFunction, IMmioDevice
{
    private const ulong Identification = 0x0100_00ED;
    private const uint BufferStart = 0x4_0000;
    private const int BufferSize = 4096;
    private const uint StatusInterrupt = 0x80;
    private const uint InterruptFactorial = 0x001;
    private const uint InterruptDma = 0x100;
    private const ulong DmaStart = 1;
    private const ulong DmaToMemory = 2;
    private const ulong DmaInterrupt = 4;

    private readonly Lock _lock = new();
    private readonly DeviceServices _services;
    private readonly MsiCapability _msi;
    private readonly int _msiOffset;
    private readonly byte[] _buffer = new byte[BufferSize];
    private uint _liveness;
    private uint _factorial;
    private uint _status;
    private uint _interrupts;
    private ulong _dmaSource;
    private ulong _dmaTarget;
    private ulong _dmaCount;
    private ulong _dmaCommand;

    public EduFunction(DeviceServices services)
        : base("edu", new PciIdentity(0x1234, 0x11E8, 0x00_FF00, 0x10, 0x1AF4, 0x1100))
    {
        _services = services;
        _msi = new MsiCapability(services);
        AddInterruptPin();
        AddBar(0, 1 << 20, is64Bit: false, this);
        _msiOffset = AddCapability(MsiCapability.CapabilityId, MsiCapability.Body, MsiCapability.Writable);
    }

    /// <inheritdoc/>
    public void ReadMemory(ulong offset, Span<byte> data)
    {
        data.Fill(0xFF);
        if (!IsRegister(offset, data.Length))
        {
            return;
        }

        lock (_lock)
        {
            ulong? register = offset switch
            {
                0x00 => Identification,
                0x04 => _liveness,
                0x08 => _factorial,
                0x20 => _status,
                0x24 => _interrupts,
                0x80 => _dmaSource,
                0x88 => _dmaTarget,
                0x90 => _dmaCount,
                0x98 => _dmaCommand,
                _ => null,
            };
            if (register is { } value)
            {
                Span<byte> bytes = stackalloc byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
                bytes[..data.Length].CopyTo(data);
            }
        }
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
    {
        if (!IsRegister(offset, data.Length))
        {
            return;
        }

        ulong value = data.Length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(data) : BinaryPrimitives.ReadUInt32LittleEndian(data);
        lock (_lock)
        {
            switch (offset)
            {
                case 0x04:
                    _liveness = ~(uint)value;
                    break;
                case 0x08:
                    _factorial = Factorial((uint)value);
                    if ((_status & StatusInterrupt) != 0)
                    {
                        Raise(InterruptFactorial);
                    }

                    break;
                case 0x20:
                    _status = (uint)value & StatusInterrupt;
                    break;
                case 0x60:
                    Raise((uint)value);
                    break;
                case 0x64:
                    _interrupts &= ~(uint)value;
                    UpdatePin();
                    break;
                case 0x80:
                    _dmaSource = value;
                    break;
                case 0x88:
                    _dmaTarget = value;
                    break;
                case 0x90:
                    _dmaCount = value;
                    break;
                case 0x98:
                    _dmaCommand = value & ~DmaStart;
                    if ((value & DmaStart) != 0)
                    {
                        Transfer();
                    }

                    break;
            }
        }
    }

    /// <inheritdoc/>
    protected override void ResetRegisters()
    {
        lock (_lock)
        {
            _msi.Disable();
            (_liveness, _factorial, _status, _interrupts) = (0, 0, 0, 0);
            (_dmaSource, _dmaTarget, _dmaCount, _dmaCommand) = (0, 0, 0, 0);
            Array.Clear(_buffer);
            UpdatePin();
        }
    }

    /// <inheritdoc/>
    protected override void SaveRegisters(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, (ulong)_liveness);
            writer.Write(2, (ulong)_factorial);
            writer.Write(3, (ulong)_status);
            writer.Write(4, (ulong)_interrupts);
            writer.Write(5, [_dmaSource, _dmaTarget, _dmaCount, _dmaCommand]);
            writer.Write(6, _buffer);
        }
    }

    /// <inheritdoc/>
    protected override void RestoreRegisters(StateReader reader)
    {
        lock (_lock)
        {
            Span<ulong> dma = stackalloc ulong[4];
            dma.Clear();
            reader.ReadUInt64s(5, dma);
            ulong status = reader.ReadUInt64(3);
            if ((status & ~(ulong)StatusInterrupt) != 0 || (dma[3] & DmaStart) != 0)
            {
                throw new InvalidDataException($"The saved state of {StateName} is busy, which this device never is.");
            }

            _liveness = (uint)reader.ReadUInt64(1);
            _factorial = (uint)reader.ReadUInt64(2);
            _status = (uint)status;
            _interrupts = (uint)reader.ReadUInt64(4);
            (_dmaSource, _dmaTarget, _dmaCount, _dmaCommand) = (dma[0], dma[1], dma[2], dma[3]);
            Array.Clear(_buffer);
            reader.ReadBytes(6, _buffer.AsSpan());
            _msi.SetRegisters(GetConfiguration(_msiOffset, MsiCapability.Length));
            UpdatePin();
        }
    }

    private protected override void AfterConfigurationWrite(int offset, int size)
    {
        lock (_lock)
        {
            _msi.SetRegisters(GetConfiguration(_msiOffset, MsiCapability.Length));
            UpdatePin();
        }
    }

    // The first registers are 32 bits wide, those of the DMA engine 64 bits and accessible in either width.
    private static bool IsRegister(ulong offset, int size) => size == 4 ? offset % 4 == 0 : size == 8 && offset >= 0x80 && offset % 8 == 0;

    // 34! and all beyond have 32 factors of two.
    private static uint Factorial(uint value)
    {
        uint result = value < 34 ? 1u : 0;
        for (uint factor = 2; factor <= value && result != 0; factor++)
        {
            result = unchecked(result * factor);
        }

        return result;
    }

    private void Transfer()
    {
        bool toMemory = (_dmaCommand & DmaToMemory) != 0;
        ulong inside = (toMemory ? _dmaSource : _dmaTarget) - BufferStart;
        if (IsBusMaster && inside <= BufferSize && _dmaCount <= BufferSize - inside)
        {
            Span<byte> part = _buffer.AsSpan((int)inside, (int)_dmaCount);
            if (toMemory)
            {
                _services.Remapper.TryWrite(RequesterId, _dmaTarget, part);
            }
            else
            {
                _services.Remapper.TryRead(RequesterId, _dmaSource, part);
            }
        }

        if ((_dmaCommand & DmaInterrupt) != 0)
        {
            Raise(InterruptDma);
        }
    }

    private void Raise(uint causes)
    {
        _interrupts |= causes;
        UpdatePin();
        if (_interrupts != 0 && _msi.IsEnabled && IsBusMaster)
        {
            _msi.Send(RequesterId);
        }
    }

    // A function does not assert its pin while MSI is enabled (PCI Local Bus 3.0 §6.8.1.3).
    private void UpdatePin() => SetPin(_interrupts != 0 && !_msi.IsEnabled);
}
