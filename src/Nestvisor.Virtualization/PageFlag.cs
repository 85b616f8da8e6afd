namespace Nestvisor.Virtualization;

/// <summary>What the engine keeps about each page of guest memory.</summary>
[Flags]
public enum PageFlag : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Decoded or translated code depends on the page; a write must reach <see cref="IGuestMemoryObserver"/>.</summary>
    Code = 1,

    /// <summary>The page was written since the flag was cleared.</summary>
    Dirty = 2,

    /// <summary>Writes to the page are of interest to a debugger or a test.</summary>
    Watched = 4,
}
