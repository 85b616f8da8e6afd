using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Pci;

/// <summary>
/// A PCI function with a type 0 header: configuration space, base addresses, capabilities and the interrupt pin. Function 0
/// of a device on bus 0.
/// </summary>
public abstract class PciFunction : IDevice, IDisposable
{
    private const ushort ConfigurationField = 1;

    private readonly byte[] _configuration = new byte[PciRegister.Size];
    private readonly byte[] _writable = new byte[PciRegister.Size];
    private readonly byte[] _powerOn = new byte[PciRegister.Size];
    private readonly List<PciBar> _bars = [];
    private readonly Lock _pinLock = new();
    private readonly string _name;
    private int _nextCapability = PciRegister.FirstCapability;
    private int _lastCapabilityPointer = PciRegister.CapabilitiesPointer;
    private LineInterrupt _line = LineInterrupt.Unconnected;
    private bool _pinAsserted;
    private bool _lineLevel;
    private IDeviceBus? _bus;

    /// <summary>Creates a function that is not on a bus yet.</summary>
    /// <param name="name">Name of its kind, such as <c>virtio-blk</c>.</param>
    /// <param name="identity">What it is.</param>
    protected PciFunction(string name, PciIdentity identity)
    {
        _name = name;
        Span<byte> header = _configuration;
        BinaryPrimitives.WriteUInt16LittleEndian(header[PciRegister.VendorId..], identity.Vendor);
        BinaryPrimitives.WriteUInt16LittleEndian(header[PciRegister.DeviceId..], identity.Device);
        BinaryPrimitives.WriteUInt32LittleEndian(header[PciRegister.RevisionId..], identity.Revision | (identity.ClassCode << 8));
        BinaryPrimitives.WriteUInt16LittleEndian(header[PciRegister.SubsystemVendorId..], identity.SubsystemVendor);
        BinaryPrimitives.WriteUInt16LittleEndian(header[PciRegister.SubsystemId..], identity.Subsystem);
        BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(PciRegister.Command), PciRegister.CommandWritable);
        _writable[PciRegister.CacheLineSize] = 0xFF;
        _writable[PciRegister.InterruptLine] = 0xFF;
    }

    /// <summary>Device number on bus 0; -1 before the function is added to a host.</summary>
    public int DeviceNumber { get; private set; } = -1;

    /// <inheritdoc/>
    public string StateName => $"pci-{DeviceNumber:x2}-{_name}";

    /// <summary>Bus, device and function number, by which the function's requests are known; 0 before it is added to a host.</summary>
    protected ushort RequesterId => (ushort)(Math.Max(DeviceNumber, 0) << 3);

    /// <summary>Serializes accesses to the configuration space. Taken before any lock of the function's registers.</summary>
    protected Lock ConfigurationLock { get; } = new();

    /// <summary>Whether the function may reach memory and send messages by itself (Command bit 2).</summary>
    protected bool IsBusMaster => (ReadCommand() & PciRegister.CommandBusMaster) != 0;

    /// <summary>Doorbells of all functions on the bus.</summary>
    private protected DoorbellAddresses? DoorbellAddresses { get; private set; }

    /// <summary>The MSI-X capability; null if the function has none.</summary>
    internal MsixTable? Msix { get; private set; }

    /// <summary>Reads configuration space.</summary>
    internal uint ReadConfiguration(int offset, int size)
    {
        lock (ConfigurationLock)
        {
            BeforeConfigurationRead(offset, size);
            uint value = 0;
            for (int i = 0; i < size; i++)
            {
                value |= (uint)_configuration[offset + i] << (i * 8);
            }

            // Status bit 3 follows the pin and is not stored.
            int status = PciRegister.Status - offset;
            if (status >= 0 && status < size && Volatile.Read(ref _pinAsserted))
            {
                value |= (uint)PciRegister.StatusInterrupt << (status * 8);
            }

            return value;
        }
    }

    /// <summary>Writes configuration space.</summary>
    internal void WriteConfiguration(int offset, int size, uint value)
    {
        lock (ConfigurationLock)
        {
            for (int i = 0; i < size; i++)
            {
                int at = offset + i;
                byte mask = _writable[at];
                _configuration[at] = (byte)((_configuration[at] & ~mask) | ((byte)(value >> (i * 8)) & mask));
            }

            Apply(offset, size);
            AfterConfigurationWrite(offset, size);
        }
    }

    /// <summary>Puts the function on a bus: assigns base addresses and the interrupt line, and enables memory decoding.</summary>
    internal void Attach(DeviceServices services, int deviceNumber, BarAllocator allocator, DoorbellAddresses doorbells)
    {
        DoorbellAddresses = doorbells;
        DeviceNumber = deviceNumber;
        Msix?.Connect(services.Remapper, RequesterId);
        _bus = services.Bus;
        foreach (PciBar bar in _bars)
        {
            bar.Assigned = allocator.Allocate(bar.Size);
        }

        int pin = _configuration[PciRegister.InterruptPin];
        if (pin != 0)
        {
            _line = services.Interrupts.CreatePciLine(deviceNumber, pin);
            _configuration[PciRegister.InterruptLine] = (byte)IInterruptRouter.GetPciGsi(deviceNumber, pin);
        }

        if (_bars.Count != 0)
        {
            _configuration[PciRegister.Command] = PciRegister.CommandMemorySpace;
        }

        foreach (PciBar bar in _bars)
        {
            WriteBarAddress(bar, bar.Assigned);
        }

        _configuration.CopyTo(_powerOn, 0);
        MapBars();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (ConfigurationLock)
        {
            ResetRegisters();
            _powerOn.CopyTo(_configuration, 0);
            Msix?.Reset();
            SetPin(false);
            MapBars();
        }
    }

    /// <inheritdoc/>
    public virtual void Pause()
    {
    }

    /// <inheritdoc/>
    public virtual void Resume()
    {
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (ConfigurationLock)
        {
            writer.Write(ConfigurationField, _configuration);
            if (Msix is { } msix)
            {
                writer.WritePart(2, msix.Save);
            }

            writer.WritePart(3, SaveRegisters);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (ConfigurationLock)
        {
            byte[] saved = [.. _powerOn];
            reader.ReadBytes(ConfigurationField, saved);
            for (int i = 0; i < saved.Length; i++)
            {
                if (((saved[i] ^ _powerOn[i]) & ~_writable[i]) != 0)
                {
                    throw new InvalidDataException($"The saved state of {StateName} is that of another PCI function.");
                }
            }

            saved.CopyTo(_configuration, 0);
            SetPin(false);
            if (Msix is { } msix)
            {
                msix.SetControl(ReadControl(msix));
                StateReader part = reader.ReadPart(2);
                msix.Restore(part);
                part.End();
            }

            MapBars();
            StateReader registers = reader.ReadPart(3);
            RestoreRegisters(registers);
            registers.End();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the function holds. Only while no virtual processor runs.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        SetPin(false);
        foreach (PciBar bar in _bars)
        {
            if (_bus is not null)
            {
                bar.Map(_bus, 0);
            }
        }

        Msix?.Dispose();
    }

    /// <summary>Puts the function's own registers into the state after power-on.</summary>
    protected abstract void ResetRegisters();

    /// <summary>Saves the function's own registers.</summary>
    /// <param name="writer">Where to.</param>
    protected abstract void SaveRegisters(StateWriter writer);

    /// <summary>Restores the function's own registers.</summary>
    /// <param name="reader">Where from.</param>
    protected abstract void RestoreRegisters(StateReader reader);

    /// <summary>Called before a part of the configuration space is read, with the configuration locked.</summary>
    private protected virtual void BeforeConfigurationRead(int offset, int size)
    {
    }

    /// <summary>Called after a part of the configuration space was written, with the configuration locked.</summary>
    private protected virtual void AfterConfigurationWrite(int offset, int size)
    {
    }

    /// <summary>Called when a base address has moved, with the configuration locked.</summary>
    private protected virtual void BarMoved(PciBar bar)
    {
    }

    /// <summary>The stored bytes of a part of the configuration space.</summary>
    private protected Span<byte> GetConfiguration(int offset, int length) => _configuration.AsSpan(offset, length);

    /// <summary>Drives the interrupt pin, INTA#. Safe from any thread.</summary>
    private protected void SetPin(bool asserted)
    {
        lock (_pinLock)
        {
            Volatile.Write(ref _pinAsserted, asserted);
            DrivePin();
        }
    }

    /// <summary>Gives the function an interrupt pin.</summary>
    private protected void AddInterruptPin() => _configuration[PciRegister.InterruptPin] = 1;

    /// <summary>Adds a memory base address register.</summary>
    /// <param name="index">Number of the register, 0 to 5; a 64-bit one takes the next as well.</param>
    /// <param name="size">Bytes, a power of two of at least 16.</param>
    /// <param name="is64Bit">Whether it can be anywhere.</param>
    /// <param name="target">Who answers.</param>
    private protected PciBar AddBar(int index, ulong size, bool is64Bit, IMmioDevice target)
    {
        int offset = PciRegister.BaseAddress0 + (index * 4);
        ulong mask = ~(size - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(offset), (uint)mask);
        if (is64Bit)
        {
            _configuration[offset] = PciRegister.BarMemory64 | PciRegister.BarPrefetchable;
            BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(offset + 4), (uint)(mask >> 32));
        }

        PciBar bar = new(index, size, is64Bit, target);
        _bars.Add(bar);
        return bar;
    }

    /// <summary>Adds a capability (PCI Local Bus 3.0 §6.7).</summary>
    /// <param name="id">Capability ID.</param>
    /// <param name="body">What follows the ID and the pointer to the next one.</param>
    /// <param name="writable">Which bits of the body the guest can change; empty for none.</param>
    /// <returns>Its offset.</returns>
    private protected int AddCapability(byte id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writable = default)
    {
        int offset = _nextCapability;
        _configuration[offset] = id;
        body.CopyTo(_configuration.AsSpan(offset + 2));
        writable.CopyTo(_writable.AsSpan(offset + 2));
        _configuration[_lastCapabilityPointer] = (byte)offset;
        _configuration[PciRegister.Status] = PciRegister.StatusCapabilities;
        _lastCapabilityPointer = offset + 1;
        _nextCapability = (offset + 2 + body.Length + 3) & ~3;
        return offset;
    }

    /// <summary>Adds MSI-X with the table and the pending bits in a base address of their own.</summary>
    private protected MsixTable AddMsix(int bar, int vectors, Partition partition)
    {
        MsixTable table = new(vectors, partition);
        Span<byte> body = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(vectors - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(body[2..], (uint)bar);
        BinaryPrimitives.WriteUInt32LittleEndian(body[6..], (uint)bar | MsixTable.PendingOffset);
        table.CapabilityOffset = AddCapability(MsixTable.CapabilityId, body, [0x00, 0xC0]);
        AddBar(bar, MsixTable.Size, is64Bit: false, table);
        Msix = table;
        return table;
    }

    private void Apply(int offset, int size)
    {
        int end = offset + size;
        if (offset < PciRegister.Command + 2 && end > PciRegister.Command)
        {
            lock (_pinLock)
            {
                DrivePin();
            }
        }

        if (offset < PciRegister.BaseAddressEnd && end > PciRegister.Command)
        {
            MapBars();
        }

        if (Msix is { } msix && offset < msix.CapabilityOffset + 4 && end > msix.CapabilityOffset)
        {
            msix.SetControl(ReadControl(msix));
            lock (_pinLock)
            {
                DrivePin();
            }
        }
    }

    private ushort ReadControl(MsixTable msix) =>
        BinaryPrimitives.ReadUInt16LittleEndian(_configuration.AsSpan(msix.CapabilityOffset + 2));

    private int ReadCommand() => Volatile.Read(ref _configuration[PciRegister.Command])
        | (Volatile.Read(ref _configuration[PciRegister.Command + 1]) << 8);

    // A function does not assert its pin while MSI-X is enabled (PCI Local Bus 3.0 §6.8.3.3).
    private void DrivePin()
    {
        bool level = _pinAsserted && (ReadCommand() & PciRegister.CommandInterruptDisable) == 0 && Msix is not { IsEnabled: true };
        if (level != _lineLevel)
        {
            _lineLevel = level;
            _line.Set(level);
        }
    }

    private void MapBars()
    {
        if (_bus is null)
        {
            return;
        }

        bool decode = (ReadCommand() & PciRegister.CommandMemorySpace) != 0;
        foreach (PciBar bar in _bars)
        {
            if (bar.Map(_bus, decode ? ReadBarAddress(bar) : 0))
            {
                BarMoved(bar);
            }
        }
    }

    // Neither 0 nor the all ones of a size probe is an address that a guest means.
    private ulong ReadBarAddress(PciBar bar)
    {
        ReadOnlySpan<byte> register = _configuration.AsSpan(PciRegister.BaseAddress0 + (bar.Index * 4));
        ulong address = BinaryPrimitives.ReadUInt32LittleEndian(register);
        ulong top = uint.MaxValue;
        if (bar.Is64Bit)
        {
            address |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(register[4..]) << 32;
            top = ulong.MaxValue;
        }

        address &= ~(bar.Size - 1);
        bool probe = (uint)address == (uint)~(bar.Size - 1) || address + (bar.Size - 1) == top;
        return probe ? 0 : address;
    }

    private void WriteBarAddress(PciBar bar, ulong address)
    {
        Span<byte> register = _configuration.AsSpan(PciRegister.BaseAddress0 + (bar.Index * 4));
        uint low = BinaryPrimitives.ReadUInt32LittleEndian(register) & 0xF;
        BinaryPrimitives.WriteUInt32LittleEndian(register, (uint)address | low);
        if (bar.Is64Bit)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(register[4..], (uint)(address >> 32));
        }
    }
}
