using System.Text.Json;
using Nestvisor.Management.Configuration;

namespace Nestvisor.Management.HostAdapters.Dns;

/// <summary>
/// What DNS servers were before this service changed them, as long as its own change stands: once another program has written others, those before
/// are nobody's any more. They are in the file dns-changes.json of the state folder.
/// </summary>
/// <param name="stateFolder">The folder.</param>
internal sealed class DnsChanges(string stateFolder)
{
    private readonly string _file = Path.Combine(stateFolder, "dns-changes.json");

    /// <summary>What was before the first change.</summary>
    /// <param name="place">Where.</param>
    /// <param name="current">What is there now.</param>
    /// <returns>What was there; null if it is not known, or another program has changed it since.</returns>
    public IReadOnlyList<string>? Before(string place, IReadOnlyList<string> current) =>
        Load().TryGetValue(place, out DnsChange? change) && change.After.SequenceEqual(current) ? change.Before : null;

    /// <summary>Remembers a change.</summary>
    /// <param name="place">Where.</param>
    /// <param name="current">What was there.</param>
    /// <param name="after">What is there now.</param>
    public void Remember(string place, IReadOnlyList<string> current, IReadOnlyList<string> after)
    {
        Dictionary<string, DnsChange> changes = Load();
        changes[place] = new DnsChange { Before = Before(place, current) ?? current, After = after };
        Save(changes);
    }

    /// <summary>Forgets what was before.</summary>
    /// <param name="place">Where.</param>
    public void Forget(string place)
    {
        Dictionary<string, DnsChange> changes = Load();
        if (changes.Remove(place))
        {
            Save(changes);
        }
    }

    private void Save(Dictionary<string, DnsChange> changes) =>
        AtomicFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(changes, DnsChangesJsonContext.Default.DictionaryStringDnsChange));

    private Dictionary<string, DnsChange> Load()
    {
        try
        {
            return File.Exists(_file) ? JsonSerializer.Deserialize(File.ReadAllBytes(_file), DnsChangesJsonContext.Default.DictionaryStringDnsChange) ?? [] : [];
        }
        catch (JsonException)
        {
            // What cannot be read is as if it were not known.
            return [];
        }
    }
}
