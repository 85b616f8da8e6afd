using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// Native code that the comparison adds: where ways to other pages end that would lead to another block, and an entry with the flags in
/// the host's, which otherwise only linked ways take.
/// </summary>
internal sealed unsafe class ComparisonRoutines
{
    private ComparisonRoutines(byte* landing, byte* entry)
    {
        Landing = landing;
        EntryByFlags = entry;
    }

    /// <summary>The number of no block.</summary>
    private const int NoBlock = ExitSite.MaximumBlocks - 1;

    /// <summary>Why code is left at <see cref="Landing"/>.</summary>
    public static ExitSite LandingSite { get; } = ExitSite.Create(ExitSite.Taken, 0, NoBlock);

    /// <summary>What the jump cache leads to: it leaves.</summary>
    public byte* Landing { get; }

    /// <summary>Loads the flags from memory and goes to where <c>VpState.ExitPoint</c> says.</summary>
    public byte* EntryByFlags { get; }

    /// <summary>Writes the routines behind the gateway.</summary>
    public static ComparisonRoutines Emit(NativeCodeArea area, Gateway gateway, CodeBuffer code)
    {
        code.Begin((ulong)area.Execute + area.Used);
        code.Far(0xE8, (ulong)area.Execute + (ulong)gateway.Exit);
        code.WriteInt32((int)LandingSite.Value);
        int entry = code.Length;
        code.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.NativeFlags);
        code.Write(0x04, 0x7F, 0x9E); // add al, 7Fh; sahf
        code.OnFrame(false, 0xFF, 4, Frame.ExitPoint); // jmp [ExitPoint]
        byte* start = area.Add(code.Code);
        return new ComparisonRoutines(start, start + entry);
    }
}
