using System.Text.Json;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Running;

/// <summary>Reads and checks a <see cref="WorkerConfiguration"/>.</summary>
internal static class ConfigurationFile
{
    private const long LongestFile = 1 << 20;
    private const long Mebibyte = 1 << 20;

    /// <exception cref="ConfigurationException">The file cannot be read, or is no valid configuration.</exception>
    public static WorkerConfiguration Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LongestFile)
            {
                throw new ConfigurationException($"The configuration '{path}' is larger than {LongestFile} bytes: it is not one.");
            }

            WorkerConfiguration configuration = JsonSerializer.Deserialize(File.ReadAllBytes(path), WorkerJsonContext.Default.WorkerConfiguration)
                ?? throw new ConfigurationException($"The configuration '{path}' is empty.");
            Check(configuration);
            return configuration;
        }
        catch (JsonException e)
        {
            throw new ConfigurationException($"The configuration '{path}' is not valid: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The configuration '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public static void Check(WorkerConfiguration configuration)
    {
        if (configuration.MemoryBytes < Mebibyte || configuration.MemoryBytes % Mebibyte != 0)
        {
            throw new ConfigurationException(
                $"The memory of {configuration.MemoryBytes} bytes is not a positive multiple of 1 MiB. Give the guest a whole number of MiB.");
        }

        if (configuration.ProcessorCount < 1)
        {
            throw new ConfigurationException($"A machine cannot have {configuration.ProcessorCount} processors. Give it at least 1.");
        }
    }
}
