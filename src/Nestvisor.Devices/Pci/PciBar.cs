namespace Nestvisor.Devices.Pci;

/// <summary>A base address register, or a pair of them, and where it is mapped now.</summary>
internal sealed class PciBar(int index, ulong size, bool is64Bit, IMmioDevice target)
{
    private IDisposable? _mapping;
    private ulong _address;

    public int Index => index;

    public ulong Size => size;

    public bool Is64Bit => is64Bit;

    public IMmioDevice Target => target;

    /// <summary>The address that was assigned before the guest started, which a reset brings back.</summary>
    public ulong Assigned { get; set; }

    /// <summary>Where it answers now; 0 if it does not. Any thread may look.</summary>
    public ulong Address => Volatile.Read(ref _address);

    /// <summary>Moves it; to 0 takes it away.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Map(IDeviceBus bus, ulong address)
    {
        if (address == Address)
        {
            return false;
        }

        _mapping?.Dispose();
        _mapping = address == 0 ? null : bus.AddMemory(address, size, target);
        Volatile.Write(ref _address, address);
        return true;
    }
}
