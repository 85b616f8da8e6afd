using Nestvisor.Devices;
using Nestvisor.Machine.Acpi;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Boot;

/// <summary>One range of the memory map that a kernel is given, in the numbering of INT 15h E820h.</summary>
/// <param name="Start">First address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Type">1 RAM, 2 reserved.</param>
internal readonly record struct MemoryMapEntry(ulong Start, ulong Length, uint Type)
{
    private const uint Ram = 1;
    private const uint Reserved = 2;

    // The top of conventional memory, where a PC keeps its extended BIOS data area.
    private const ulong ConventionalEnd = 0x9_FC00;
    private const ulong BiosEnd = 0x10_0000;

    /// <summary>The map of a machine.</summary>
    /// <param name="memory">Its memory.</param>
    /// <param name="ecam">Whether it has memory-mapped PCI configuration space, which Linux uses only where it is reserved.</param>
    public static MemoryMapEntry[] Create(GuestMemory memory, bool ecam)
    {
        List<MemoryMapEntry> map =
        [
            new(0, ConventionalEnd, Ram),
            new(ConventionalEnd, 0xA_0000 - ConventionalEnd, Reserved),
            new(AcpiTables.RootPointer, BiosEnd - AcpiTables.RootPointer, Reserved),
        ];
        if (memory.LowSize > BiosEnd)
        {
            map.Add(new(BiosEnd, memory.LowSize - BiosEnd, Ram));
        }

        if (ecam)
        {
            map.Add(new(PlatformAddresses.Ecam, PlatformAddresses.EcamSize, Reserved));
        }

        if (memory.HighSize != 0)
        {
            map.Add(new(GuestMemory.HighStart, memory.HighSize, Ram));
        }

        return [.. map];
    }
}
