namespace Nestvisor.Engine.Software;

/// <summary>How the software engine runs code.</summary>
public sealed record SoftwareEngineOptions
{
    /// <summary>
    /// How often a block is interpreted before it is translated to native code: 0 translates at once, <see cref="Never"/> not at
    /// all.
    /// </summary>
    public int TranslateAfter { get; init; } = 6;

    /// <summary>Everything is interpreted.</summary>
    public const int Never = int.MaxValue;
}
