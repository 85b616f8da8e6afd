using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>The native code of a block, in native memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TranslatedBlock
{
    /// <summary>The decoded block: its operations run what the translation leaves out.</summary>
    public Block* Block;

    /// <summary>First byte of the native code, for execution.</summary>
    public byte* Code;

    /// <summary>Entry with the arithmetic flags in <c>VpState.NativeFlags</c>.</summary>
    public byte* EntryByMemory;

    /// <summary>Entry with the arithmetic flags in the host's, and nowhere else.</summary>
    public byte* EntryByFlags;

    /// <summary>What both entries jump to once the block is stale; flags in the host's, in memory.</summary>
    public byte* StaleByFlags;
    public byte* StaleByMemory;

    /// <summary>
    /// For each operation the offset in the code area at which the native code goes on with it, the flags in memory; 0 if it is
    /// not native.
    /// </summary>
    public uint* Resume;

    /// <summary>Direct ways to other blocks on the page.</summary>
    public Edge* Edges;

    /// <summary>Number of <see cref="Edges"/>.</summary>
    public int EdgeCount;

    /// <summary>Edges of other blocks that jump here.</summary>
    public Edge* Incoming;

    /// <summary>The way that is left at an exit.</summary>
    public readonly Edge* EdgeAt(ExitSite site)
    {
        Edge* edge = Edges;
        while (edge->Site != site.Place)
        {
            edge++;
        }

        return edge;
    }

    /// <summary>What the code uses beside the general registers.</summary>
    public ExtendedState Uses;

    /// <summary>How often a range that accesses share was found on two pages.</summary>
    public int Splits;

    /// <summary>A bit for each operation that has native code, be it such that is not entered there; for comparisons only.</summary>
    public fixed ulong Native[2];

    /// <summary>Bytes of native code.</summary>
    public int Bytes;
}

/// <summary>A direct way from one block to another on the same page.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Edge
{
    /// <summary>Execution address of the 32-bit displacement that decides where it goes.</summary>
    public byte* Displacement;

    /// <summary>Where it goes while it is not linked: a piece of code that leaves.</summary>
    public byte* Stub;

    /// <summary>Next in the target's list.</summary>
    public Edge* NextIncoming;

    /// <summary>The exit that it is while it is not linked, without the block.</summary>
    public ExitSite Site;

    /// <summary>Bytes from the source block's first instruction to the target.</summary>
    public int Target;

    /// <summary>The flags are in the host's only.</summary>
    public bool FlagsInHost;

    /// <summary>Linked to a block.</summary>
    public bool Linked;
}
