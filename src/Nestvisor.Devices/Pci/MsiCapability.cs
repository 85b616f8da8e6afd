using System.Buffers.Binary;
using Nestvisor.Devices.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Pci;

/// <summary>MSI with one message and a 64-bit address (PCI Local Bus 3.0 §6.8.1).</summary>
/// <param name="services">The machine.</param>
internal sealed class MsiCapability(DeviceServices services)
{
    public const byte CapabilityId = 0x05;

    /// <summary>Bytes with ID and pointer.</summary>
    public const int Length = 14;

    private readonly Lock _lock = new();
    private readonly IRemapper _remapper = services.Remapper;
    private bool _enabled;
    private MsiMessage _message;

    /// <summary>The capability after its ID and pointer, disabled.</summary>
    public static ReadOnlySpan<byte> Body => [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Which bits of it the guest can change: enable, address, data.</summary>
    public static ReadOnlySpan<byte> Writable => [1, 0, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

    public bool IsEnabled
    {
        get
        {
            lock (_lock)
            {
                return _enabled;
            }
        }
    }

    /// <summary>Takes over the capability's registers.</summary>
    public void SetRegisters(ReadOnlySpan<byte> capability)
    {
        lock (_lock)
        {
            _enabled = (capability[2] & 1) != 0;
            _message = new MsiMessage(
                BinaryPrimitives.ReadUInt64LittleEndian(capability[4..]), BinaryPrimitives.ReadUInt16LittleEndian(capability[12..]));
        }
    }

    public void Disable()
    {
        lock (_lock)
        {
            _enabled = false;
        }
    }

    /// <summary>Sends the message.</summary>
    /// <param name="requester">The function's number.</param>
    public void Send(ushort requester)
    {
        MsiMessage request;
        lock (_lock)
        {
            request = _message;
        }

        // Only local APICs take messages here; a message to any other address is lost.
        if (InterruptTable.IsMessage(request.Address) && _remapper.TryRemap(requester, request, report: true, out MsiMessage message))
        {
            services.Partition.SendMessage(message);
        }
    }
}
