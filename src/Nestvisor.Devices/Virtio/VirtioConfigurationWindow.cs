using System.Buffers.Binary;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// The PCI configuration access capability (virtio 1.2 §4.1.4.9): four bytes of configuration space through which a driver
/// that cannot map the BAR, such as firmware, reaches its registers.
/// </summary>
internal sealed class VirtioConfigurationWindow(int offset, byte bar, IMmioDevice registers)
{
    /// <summary>Bytes of the capability.</summary>
    public const int Length = 20;

    private const byte Type = 5;
    private const int BarOffset = 4;
    private const int AddressOffset = 8;
    private const int LengthOffset = 12;
    private const int DataOffset = 16;

    /// <summary>Offset of the capability.</summary>
    public int Offset => offset;

    /// <summary>The capability without its ID and next pointer.</summary>
    public static ReadOnlySpan<byte> Body => [Length, Type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>What a driver can change of <see cref="Body"/>: BAR, offset, length and data.</summary>
    public static ReadOnlySpan<byte> Writable =>
        [0, 0, 0xFF, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

    /// <summary>Whether an access to configuration space touches the data.</summary>
    public bool IsData(int at, int size) => at < offset + Length && at + size > offset + DataOffset;

    /// <summary>Reads the register that the capability points to into its data.</summary>
    public void Read(Span<byte> capability)
    {
        if (TryGetAccess(capability, out ulong address, out int length))
        {
            registers.ReadMemory(address, capability.Slice(DataOffset, length));
        }
    }

    /// <summary>Writes the data to the register that the capability points to.</summary>
    public void Write(ReadOnlySpan<byte> capability)
    {
        if (TryGetAccess(capability, out ulong address, out int length))
        {
            registers.WriteMemory(address, capability.Slice(DataOffset, length));
        }
    }

    private bool TryGetAccess(ReadOnlySpan<byte> capability, out ulong address, out int length)
    {
        address = BinaryPrimitives.ReadUInt32LittleEndian(capability[AddressOffset..]);
        uint wanted = BinaryPrimitives.ReadUInt32LittleEndian(capability[LengthOffset..]);
        length = (int)wanted;
        return capability[BarOffset] == bar
            && wanted is 1 or 2 or 4
            && address % wanted == 0
            && address < VirtioPciLayout.Size;
    }
}
