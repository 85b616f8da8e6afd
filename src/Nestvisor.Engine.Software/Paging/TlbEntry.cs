using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Paging;

/// <summary>One entry of an inline table: the way from a linear page to host memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlbEntry
{
    /// <summary>Number of entries in an inline table.</summary>
    public const int Count = 4096;

    /// <summary>Linear address of the page; <see cref="EmptyTag"/> in an empty entry.</summary>
    public ulong Tag;

    /// <summary>Host address of the page; for fetches its L1 physical address.</summary>
    public ulong Page;

    /// <summary>
    /// Tag of an empty entry: not canonical, and of a page that belongs into another slot, so that no address, not even one
    /// that is not canonical, compares equal.
    /// </summary>
    public static ulong EmptyTag(int slot) => 0x7F7F_7F7F_7FFF_F000 ^ (slot == Count - 1 ? 0x1000UL : 0);
}
