using Iced.Intel;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>A bare guest that begins in 32-bit code of long mode, with the descriptors that tests of segments want.</summary>
internal static class LegacyGuest
{
    /// <summary>Where data segments with a base begin.</summary>
    public const uint Elsewhere = 0x30_0000;

    public const ushort Code32 = 0x28;

    /// <summary>As <see cref="BareGuest.DataSelector"/>, with a base of <see cref="Elsewhere"/>.</summary>
    public const ushort BasedData = 0x30;

    /// <summary>The first 64 KiB.</summary>
    public const ushort SmallData = 0x38;

    /// <summary>All but the first 64 KiB: it grows down.</summary>
    public const ushort ExpandDown = 0x40;

    public const ushort ReadOnlyData = 0x48;

    /// <summary>A stack of 16 bits.</summary>
    public const ushort Stack16 = 0x50;

    /// <summary>32-bit code with a base of <see cref="Elsewhere"/>.</summary>
    public const ushort BasedCode32 = 0x58;

    /// <summary>Makes the guest.</summary>
    public static BareGuest Create(SoftwareEngineOptions? options = null)
    {
        BareGuest guest = new(options: options);
        guest.Write(BareGuest.Gdt + Code32, Descriptor(0, 0xC9B));
        guest.Write(BareGuest.Gdt + BasedData, Descriptor(Elsewhere, 0xC93));
        guest.Write(BareGuest.Gdt + SmallData, Descriptor(0, 0x493));
        guest.Write(BareGuest.Gdt + ExpandDown, Descriptor(0, 0x497));
        guest.Write(BareGuest.Gdt + ReadOnlyData, Descriptor(0, 0xC91));
        guest.Write(BareGuest.Gdt + Stack16, Descriptor(0, 0x893));
        guest.Write(BareGuest.Gdt + BasedCode32, Descriptor(Elsewhere, 0xC9B));
        guest.Processor.SetState(EntryState());
        return guest;
    }

    /// <summary>The state that it starts in; a copy to change.</summary>
    public static ProcessorState EntryState()
    {
        ProcessorState state = BareGuest.EntryState();
        state.GdtrLimit = 0xFFF;
        state.Segments[1] = new SegmentState(Code32, 0xC9B, uint.MaxValue, 0);
        return state;
    }

    /// <summary>Runs 32-bit code at <see cref="BareGuest.Code"/> to its end.</summary>
    public static void Run(BareGuest guest, Action<Assembler> write)
    {
        guest.Assemble(BareGuest.Code, write, bitness: 32);
        guest.Run();
    }

    /// <summary>A far jump of 32-bit code.</summary>
    public static void FarJump(Assembler a, ushort selector, uint target) =>
        a.db([0xEA, .. BitConverter.GetBytes(target), .. BitConverter.GetBytes(selector)]);

    // The limit is FFFFh, by attribute in bytes or pages: with pages it is made to be all 4 GiB.
    private static ulong Descriptor(uint start, uint attributes) =>
        0xFFFF | ((ulong)(start & 0xFF_FFFF) << 16) | ((ulong)(attributes & 0xFF) << 40) | ((attributes & 0x800) != 0 ? 0xFUL << 48 : 0)
        | ((ulong)(attributes >> 8) << 52) | ((ulong)(start >> 24) << 56);
}
