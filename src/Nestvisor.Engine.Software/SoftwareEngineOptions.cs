namespace Nestvisor.Engine.Software;

/// <summary>How the software engine runs code.</summary>
public sealed record SoftwareEngineOptions
{
    /// <summary>
    /// How often a block is interpreted before it is translated to native code: 0 translates at once, <see cref="Never"/> not at
    /// all.
    /// </summary>
    public int TranslateAfter { get; init; } = 6;

    /// <summary>Bytes of native code that a processor keeps; a multiple of the page size, 128 KiB at least.</summary>
    public int NativeCodeBytes { get; init; } = 32 << 20;

    /// <summary>Bytes of decoded blocks with native code that a processor keeps; a multiple of the page size, 64 KiB at least.</summary>
    public int HotBlockBytes { get; init; } = 48 << 20;

    /// <summary>Bytes of decoded blocks without native code that a processor keeps; a multiple of the page size, 64 KiB at least.</summary>
    public int ColdBlockBytes { get; init; } = 16 << 20;

    /// <summary>
    /// File that tells Linux's perf the names of native code; null for none. perf looks for <c>/tmp/perf-PID.map</c>. One that exists
    /// is replaced. It gets at most 64 MiB, and is complete once the partition is disposed.
    /// </summary>
    public string? PerfMapFile { get; init; }

    /// <summary>
    /// File that gets, for each block that is translated, its guest code and its native code as text; null for none. One that exists
    /// is overwritten. It gets at most 512 MiB and says so at its end then, and is complete once the partition is disposed.
    /// </summary>
    public string? TranslationsFile { get; init; }

    /// <summary>
    /// Which native code is compared, each time it runs, with what the interpreter makes of the same code. A difference ends the machine:
    /// for finding errors of the engine. What is compared runs many times slower.
    /// </summary>
    public ComparedCode Compared { get; init; }

    /// <summary>Whether a file about translations is to be written.</summary>
    internal bool AsksForFiles => PerfMapFile is not null || TranslationsFile is not null;

    /// <summary>Everything is interpreted.</summary>
    public const int Never = int.MaxValue;
}
