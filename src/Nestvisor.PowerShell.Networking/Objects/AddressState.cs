namespace Nestvisor.NetworkCommands;

/// <summary>Whether an address can be used.</summary>
public enum AddressState
{
    /// <summary>It cannot.</summary>
    Invalid = 0,

    /// <summary>Another owner of it is being looked for.</summary>
    Tentative = 1,

    /// <summary>It has another owner.</summary>
    Duplicate = 2,

    /// <summary>It should not be used for new connections.</summary>
    Deprecated = 3,

    /// <summary>It can.</summary>
    Preferred = 4,
}
