using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Paging;

/// <summary>One entry of an inline table: the way from a linear page to host memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlbEntry
{
    /// <summary>Number of entries in an inline table.</summary>
    public const int Count = 16384;

    /// <summary>Linear address of the page; <see cref="EmptyTag"/> in an empty entry.</summary>
    public ulong Tag;

    /// <summary>Host address of the page; for fetches its L1 physical address.</summary>
    public ulong Page;

    /// <summary>
    /// Tag of an empty entry: of a page that belongs into another slot, so that no address compares equal. Zero wherever that will do,
    /// since fresh memory is; in the first slot, where page 0 belongs, an address that is not canonical and belongs into the last.
    /// </summary>
    public static ulong EmptyTag(int slot) => slot == 0 ? 0x7F7F_7F7F_7FFF_F000UL : 0UL;
}
