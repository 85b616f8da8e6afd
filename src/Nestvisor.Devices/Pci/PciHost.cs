using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Pci;

/// <summary>
/// PCI bus 0 with its host bridge, reached by configuration mechanism 1: the address in port 0xCF8, the data in 0xCFC to
/// 0xCFF (PCI Local Bus 3.0 §3.2.2.3.2). Each function is a device of its own in the machine's lifecycle.
/// </summary>
public sealed class PciHost : IDevice, IPortDevice, IDisposable
{
    private const ushort AddressPort = PlatformAddresses.PciConfigurationAddress;
    private const ushort DataPort = AddressPort + 4;
    private const int Devices = 32;
    private const uint Enable = 0x8000_0000;
    private const uint AddressBits = 0x80FF_FFFC;
    private const uint ByteBits = 3;

    private readonly DeviceServices _services;
    private readonly uint _addressBits;
    private readonly BarAllocator _allocator = new(PlatformAddresses.PciWindowStart, PlatformAddresses.PciWindowSize);
    private readonly DoorbellAddresses _doorbells = new();
    private readonly PciFunction?[] _devices = new PciFunction?[Devices];
    private readonly List<PciFunction> _functions = [];
    private readonly IDisposable _addressPort;
    private readonly IDisposable _dataPorts;
    private uint _address;

    /// <summary>Creates the bus with nothing but the host bridge.</summary>
    /// <param name="services">The machine.</param>
    /// <param name="takesByteAddresses">
    /// Whether bits 1:0 of the address register select bytes. They are read-only zeros (PCI Local Bus 3.0 §3.2.2.3.2), but QEMU takes
    /// them and kvm-unit-tests relies on it.
    /// </param>
    public PciHost(DeviceServices services, bool takesByteAddresses = false)
    {
        _services = services;
        _addressBits = takesByteAddresses ? AddressBits | ByteBits : AddressBits;
        Add(new HostBridge(), 0);

        // One port, since an access belongs to its first byte and 0xCF9 is the chipset's reset register.
        _addressPort = services.Bus.AddPorts(AddressPort, 1, this);
        _dataPorts = services.Bus.AddPorts(DataPort, 4, this);
    }

    /// <inheritdoc/>
    public string StateName => "pci";

    /// <summary>All functions, the host bridge included, in the order in which they were added.</summary>
    public IReadOnlyList<PciFunction> Functions => _functions;

    /// <summary>Adds a function as the next free device. Only before the machine starts.</summary>
    /// <param name="function">The function; the caller keeps it in the machine's lifecycle and disposes it.</param>
    /// <exception cref="InvalidOperationException">The bus is full.</exception>
    public void Add(PciFunction function)
    {
        int free = Array.IndexOf(_devices, null);
        if (free < 0)
        {
            throw new InvalidOperationException($"The PCI bus has no room for more than {Devices - 1} devices. Attach fewer devices.");
        }

        Add(function, free);
    }

    /// <summary>Adds a function as a device of a given number. Only before the machine starts.</summary>
    /// <param name="function">The function; the caller keeps it in the machine's lifecycle and disposes it.</param>
    /// <param name="deviceNumber">Device number, 0 to 31, not taken yet.</param>
    public void Add(PciFunction function, int deviceNumber)
    {
        if (_devices[deviceNumber] is not null)
        {
            throw new InvalidOperationException($"PCI device {deviceNumber} exists already.");
        }

        function.Attach(_services, deviceNumber, _allocator, _doorbells);
        _devices[deviceNumber] = function;
        _functions.Add(function);
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint ones = size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1;
        if (port < DataPort)
        {
            return port == AddressPort && size == 4 ? Volatile.Read(ref _address) & AddressBits : ones;
        }

        return Select(port, size, out int offset) is { } function ? function.ReadConfiguration(offset, size) : ones;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port < DataPort)
        {
            // Smaller accesses to the address port are no configuration cycles.
            if (port == AddressPort && size == 4)
            {
                Volatile.Write(ref _address, value & _addressBits);
            }
        }
        else
        {
            Select(port, size, out int offset)?.WriteConfiguration(offset, size, value);
        }
    }

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref _address, 0);

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.Write(1, _address);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => _address = (uint)reader.ReadUInt64(1) & _addressBits;

    /// <inheritdoc/>
    public void Dispose()
    {
        _addressPort.Dispose();
        _dataPorts.Dispose();
    }

    private PciFunction? Select(ushort port, int size, out int offset)
    {
        uint address = Volatile.Read(ref _address);
        offset = (int)(address & 0xFF) | (port - DataPort);
        bool isHere = (address & Enable) != 0
            && (address & 0x00FF_0700) == 0
            && (offset & 3) + size <= 4;
        return isHere ? _devices[(address >> 11) & 31] : null;
    }
}
