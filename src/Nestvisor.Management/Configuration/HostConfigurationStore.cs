using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Configuration;

/// <summary>The host's settings: the file host.json in the state folder.</summary>
internal sealed class HostConfigurationStore(string stateFolder)
{
    private const int Format = 1;

    /// <summary>The file.</summary>
    public string File { get; } = Path.Combine(stateFolder, "host.json");

    /// <summary>Keeps the settings.</summary>
    public void Save(HostConfiguration configuration) =>
        AtomicFile.Write(File, JsonSerializer.SerializeToUtf8Bytes(configuration, ApiJsonContext.Default.HostConfiguration));

    /// <summary>Reads the settings; a host without a file has the defaults.</summary>
    /// <exception cref="JsonException">The file has another content or format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public HostConfiguration Load()
    {
        System.IO.File.Delete(File + AtomicFile.TemporaryEnding);
        if (!System.IO.File.Exists(File))
        {
            return new HostConfiguration();
        }

        HostConfiguration configuration = JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), ApiJsonContext.Default.HostConfiguration)
            ?? throw new JsonException("It is null.");
        return configuration.Format == Format
            ? configuration
            : throw new JsonException($"Its format is {configuration.Format}; this program knows {Format}.");
    }
}
