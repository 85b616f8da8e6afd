using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Paging;

/// <summary>One entry of an inline table: the way from a linear page to host memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TlbEntry
{
    /// <summary>Number of entries in an inline table.</summary>
    public const int Count = 1024;

    /// <summary>A tag that no linear address has.</summary>
    public const ulong NoTag = ulong.MaxValue;

    /// <summary>Linear address of the page; <see cref="NoTag"/> in an empty entry.</summary>
    public ulong Tag;

    /// <summary>Host address minus linear address; for fetches the L1 physical address of the page.</summary>
    public ulong Addend;
}
