namespace Microsoft.HyperV.PowerShell;

/// <summary>How writes to a virtual hard disk are cached.</summary>
public enum CacheAttributes
{
    /// <summary>As the host does it.</summary>
    Default = 0,

    /// <summary>Cached.</summary>
    WriteCacheEnabled = 1,

    /// <summary>Cached, and single writes can be forced through.</summary>
    WriteCacheAndFUAEnabled = 2,

    /// <summary>Not cached.</summary>
    WriteCacheDisabled = 3,
}
