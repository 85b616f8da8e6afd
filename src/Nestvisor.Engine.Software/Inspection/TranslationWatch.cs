using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Inspection;

/// <summary>Writes down, for people, what the processors of a partition translate. They may all call it at once.</summary>
internal sealed unsafe class TranslationWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PerfMap? _map;
    private readonly TranslationDump? _dump;

    private TranslationWatch(PerfMap? map, TranslationDump? dump)
    {
        _map = map;
        _dump = dump;
    }

    /// <summary>Opens what the options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="decoding">How guest code is to be read.</param>
    /// <returns>Null if they ask for nothing.</returns>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened.</exception>
    public static TranslationWatch? Open(SoftwareEngineOptions options, DecoderOptions decoding) =>
        options.AsksForFiles
            ? new TranslationWatch(
                options.PerfMapFile is { } map ? new PerfMap(map) : null,
                options.TranslationsFile is { } dump ? new TranslationDump(dump, decoding) : null)
            : null;

    /// <summary>A processor has got its area of native code, with the gateway in it.</summary>
    public void Begin(TranslationCache cache)
    {
        lock (_lock)
        {
            foreach ((string name, uint start, uint size) in RoutinesOf(cache))
            {
                _map?.Add((ulong)cache.At(start), size, name);
            }
        }
    }

    /// <summary>A block has got native code.</summary>
    /// <param name="cache">The cache that holds it.</param>
    /// <param name="block">The block.</param>
    /// <param name="bytes">Its guest code.</param>
    /// <param name="processor">Number of the processor.</param>
    public void Add(TranslationCache cache, Block* block, ReadOnlySpan<byte> bytes, int processor)
    {
        TranslatedBlock* native = block->Translation;
        string name = BlockName.Of(block->Physical, new BlockMode(block->Mode));
        lock (_lock)
        {
            _map?.Add((ulong)native->Code, (ulong)native->Bytes, name);
            _dump?.Add(cache, block, bytes, processor);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _map?.Dispose();
        _dump?.Dispose();
    }

    /// <summary>The gateway's routines by their place, each up to where the next begins.</summary>
    internal static List<(string Name, uint Start, uint Size)> RoutinesOf(TranslationCache cache)
    {
        Gateway gateway = cache.Gateway;
        List<(string Name, uint Start, uint Size)> routines =
        [
            ("gateway load vectors", (uint)gateway.LoadVectors, 0),
            ("gateway load x87", (uint)gateway.LoadX87, 0),
            ("gateway exit", (uint)gateway.Exit, 0),
        ];
        for (int parts = 0; parts < gateway.Entries.Length; parts++)
        {
            string vectors = (parts & (int)ExtendedState.Vectors) != 0 ? " with vectors" : "";
            string x87 = (parts & (int)ExtendedState.X87) != 0 ? " with x87" : "";
            routines.Add(($"gateway enter{vectors}{x87}", (uint)gateway.Entries[parts], 0));
        }

        routines.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        for (int i = 0; i < routines.Count; i++)
        {
            uint end = i + 1 < routines.Count ? routines[i + 1].Start : cache.GatewayBytes;
            routines[i] = routines[i] with { Size = end - routines[i].Start };
        }

        return routines;
    }
}
