using Nestvisor.Api.Errors;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>What commands may change, and for how long it lasts.</summary>
internal static class StoreRules
{
    /// <summary>Checks the -PolicyStore of a command that adds something.</summary>
    /// <param name="store">The store; null if none was named.</param>
    /// <param name="adapter">To which interface.</param>
    /// <exception cref="ApiException">What is added does not last as the store says.</exception>
    public static void Check(string? store, NetAdapter adapter)
    {
        if (store is null || (!adapter.IsHostPort && store.Equals("ActiveStore", StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        throw ApiException.NotSupported(
            $"-PolicyStore {store} is not supported for '{adapter.Name}': "
            + (adapter.IsHostPort
                ? "Nestvisor keeps the addresses and routes of the host's ports on virtual switches always. Leave it out."
                : "Nestvisor keeps the addresses and routes of its own adapters only. Use ActiveStore, and this host's own configuration for what shall last."));
    }

    /// <summary>The seconds of a lifetime; null for ever.</summary>
    /// <exception cref="ApiException">It is not a lifetime.</exception>
    public static long? Seconds(TimeSpan? lifetime) => lifetime switch
    {
        null => null,
        { } given when given == TimeSpan.MaxValue => null,
        { Ticks: <= 0 } => throw ApiException.InvalidArgument($"A lifetime of {lifetime} is over already."),
        { } given => (long)Math.Clamp(Math.Ceiling(given.TotalSeconds), 1, uint.MaxValue - 1),
    };

    /// <summary>Of what a command found, what it may change: things of adapters that are not Nestvisor's only if it was told which.</summary>
    /// <param name="found">What it found.</param>
    /// <param name="adapterOf">The adapter of a thing.</param>
    /// <param name="named">Whether it was told which.</param>
    /// <param name="warn">Told what is left alone.</param>
    public static IReadOnlyList<T> OwnUnlessNamed<T>(IReadOnlyList<T> found, Func<T, NetAdapter> adapterOf, bool named, Action<string> warn)
    {
        if (named)
        {
            return found;
        }

        string[] left = [.. found.Select(adapterOf).Where(adapter => !adapter.IsHostPort).Select(adapter => adapter.Name).Distinct()];
        if (left.Length > 0)
        {
            warn($"Adapters that are not Nestvisor's are left alone, since they were not named: {string.Join(", ", left)}.");
        }

        return [.. found.Where(item => adapterOf(item).IsHostPort)];
    }
}
