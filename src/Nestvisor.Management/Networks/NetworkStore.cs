using System.Text.Json;
using Nestvisor.Management.Configuration;

namespace Nestvisor.Management.Networks;

/// <summary>The networks' settings: the file networks.json in the state folder.</summary>
internal sealed class NetworkStore(string stateFolder)
{
    private const int Format = 1;

    /// <summary>The file.</summary>
    public string File { get; } = Path.Combine(stateFolder, "networks.json");

    /// <summary>Keeps the settings.</summary>
    public void Save(NetworkConfiguration configuration) =>
        AtomicFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(configuration, NetworkJsonContext.Default.NetworkConfiguration));

    /// <summary>Reads the settings; without a file there are no networks.</summary>
    /// <exception cref="JsonException">The file has another content or format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public NetworkConfiguration Load()
    {
        System.IO.File.Delete(File + AtomicFile.TemporaryEnding);
        if (!System.IO.File.Exists(File))
        {
            return new NetworkConfiguration();
        }

        NetworkConfiguration configuration = JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), NetworkJsonContext.Default.NetworkConfiguration)
            ?? throw new JsonException("It is null.");
        return configuration.Format == Format
            ? configuration
            : throw new JsonException($"Its format is {configuration.Format}; this program knows {Format}.");
    }
}
