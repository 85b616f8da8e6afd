namespace Nestvisor.Api.Machines;

/// <summary>What keeps an exported machine from being imported. The numbers are the MessageIds that scripts see.</summary>
public enum ImportIssueKind
{
    /// <summary>A value that a machine here cannot have.</summary>
    InvalidConfiguration = 1,

    /// <summary>Its configuration version is not supported.</summary>
    UnsupportedVersion = 2,

    /// <summary>A machine with the same identifier is already there.</summary>
    DuplicateId = 3,

    /// <summary>A virtual hard disk is not there or cannot be used.</summary>
    MissingDisk = 4,

    /// <summary>A virtual hard disk lies outside of the exported folder.</summary>
    ForeignDisk = 5,

    /// <summary>The kernel or initial RAM disk is not there or cannot be used.</summary>
    MissingBootFile = 6,

    /// <summary>The kernel or initial RAM disk lies outside of the exported folder.</summary>
    ForeignBootFile = 7,

    /// <summary>The engine cannot be used on this host, or cannot nest on it.</summary>
    Engine = 8,

    /// <summary>The saved state was written by another version, with another processor, or is damaged.</summary>
    SavedState = 9,

    /// <summary>A network adapter is connected to a virtual switch that is not here. The number is Hyper-V's, which scripts look for.</summary>
    MissingSwitch = 33012,
}
