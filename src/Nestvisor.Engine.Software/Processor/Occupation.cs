namespace Nestvisor.Engine.Software;

/// <summary>What a processor's time goes to, as <see cref="TimeSampler"/> sees it.</summary>
internal enum Occupation : byte
{
    /// <summary>Nothing: it does not run, or sleeps.</summary>
    None,

    /// <summary>The run loop and all that it calls, but for what has a value of its own.</summary>
    Interpreting,

    /// <summary>Native code.</summary>
    Native,

    /// <summary>Translating an address that no inline entry served.</summary>
    WalkingTables,

    /// <summary>Making native code.</summary>
    Translating,
}
