using System.Text.Json;
using Nestvisor.Management.Configuration;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.HostAdapters;

/// <summary>
/// The names that Rename-NetAdapter gave to hardware, by its address: the kernel forgets them with the host's end. They are in the file
/// adapter-names.json of the state folder.
/// </summary>
/// <param name="stateFolder">The folder.</param>
internal sealed class AdapterNames(string stateFolder)
{
    private readonly string _file = Path.Combine(stateFolder, "adapter-names.json");

    /// <summary>Remembers a name.</summary>
    /// <param name="link">The interface.</param>
    /// <param name="name">The name; empty to forget it.</param>
    /// <returns>Whether it is remembered: what has no hardware behind it comes and goes.</returns>
    public bool Remember(KernelLink link, string name)
    {
        if (link.ParentDevice is null || link.Address.Length == 0)
        {
            return false;
        }

        Dictionary<string, string> names = Load();
        if (name.Length == 0)
        {
            _ = names.Remove(link.Address);
        }
        else
        {
            names[link.Address] = name;
        }

        AtomicFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(names, AdapterNamesJsonContext.Default.DictionaryStringString));
        return true;
    }

    /// <summary>Gives the interfaces that have none the names that are remembered.</summary>
    /// <returns>To how many.</returns>
    /// <exception cref="HostNetworkException">The kernel refused.</exception>
    public async Task<int> RestoreAsync(HostKernel kernel, CancellationToken cancellation)
    {
        Dictionary<string, string> names = Load();
        int given = 0;
        if (names.Count == 0)
        {
            return given;
        }

        foreach (KernelLink link in await kernel.Links.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (link.ParentDevice is not null && link.Alias is null && names.TryGetValue(link.Address, out string? name))
            {
                await kernel.Links.SetAliasAsync(link.Name, name).ConfigureAwait(false);
                given++;
            }
        }

        return given;
    }

    private Dictionary<string, string> Load()
    {
        try
        {
            return File.Exists(_file) ? JsonSerializer.Deserialize(File.ReadAllBytes(_file), AdapterNamesJsonContext.Default.DictionaryStringString) ?? [] : [];
        }
        catch (JsonException)
        {
            // Names are a convenience: a file that cannot be read is written anew with the next.
            return [];
        }
    }
}
