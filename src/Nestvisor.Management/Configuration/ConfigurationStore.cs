using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Machines;
using Nestvisor.Platform.Files;

namespace Nestvisor.Management.Configuration;

/// <summary>The virtual machines' configurations: one folder a machine, named by its identifier, with the file vm.json in it.</summary>
internal sealed class ConfigurationStore
{
    private const string FileName = "vm.json";
    private const int Format = 1;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _root;

    /// <summary>Opens the store, creating it if it is not there.</summary>
    public ConfigurationStore(string stateFolder)
    {
        _root = Path.Combine(stateFolder, "vms");
        _ = Directory.CreateDirectory(_root, Private);
    }

    /// <summary>The folder of a machine.</summary>
    public string FolderOf(Guid id) => Path.Combine(_root, id.ToString("D"));

    /// <summary>Keeps a configuration, new or changed.</summary>
    public void Save(MachineConfiguration configuration)
    {
        string folder = FolderOf(configuration.Id);
        if (!Directory.Exists(folder))
        {
            _ = Directory.CreateDirectory(folder, Private);
            DirectorySync.Flush(_root);
        }

        AtomicFile.Write(
            Path.Combine(folder, FileName),
            JsonSerializer.SerializeToUtf8Bytes(configuration, ApiJsonContext.Default.MachineConfiguration));
    }

    /// <summary>Removes a machine. It is gone once its file is; a crash after that leaves a folder that <see cref="Load"/> removes.</summary>
    public void Remove(Guid id)
    {
        string folder = FolderOf(id);
        File.Delete(Path.Combine(folder, FileName));
        DirectorySync.Flush(folder);
        Directory.Delete(folder, recursive: true);
        DirectorySync.Flush(_root);
    }

    /// <summary>Reads all configurations.</summary>
    /// <param name="onUnreadable">Told of each file that is left alone because it cannot be read.</param>
    public List<MachineConfiguration> Load(Action<string> onUnreadable)
    {
        List<MachineConfiguration> all = [];
        foreach (string folder in Directory.EnumerateDirectories(_root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "D", out Guid id))
            {
                continue;
            }

            string file = Path.Combine(folder, FileName);
            if (!File.Exists(file))
            {
                Directory.Delete(folder, recursive: true);
                continue;
            }

            File.Delete(file + AtomicFile.TemporaryEnding);
            try
            {
                all.Add(Read(file, id));
            }
            catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
            {
                onUnreadable($"The configuration '{file}' cannot be read and is left alone: {error.Message}");
            }
        }

        return all;
    }

    private static MachineConfiguration Read(string file, Guid id)
    {
        MachineConfiguration configuration = JsonSerializer.Deserialize(File.ReadAllBytes(file), ApiJsonContext.Default.MachineConfiguration)
            ?? throw new JsonException("It is null.");
        return configuration.Format != Format
            ? throw new JsonException($"Its format is {configuration.Format}; this program knows {Format}.")
            : configuration.Id != id
            ? throw new JsonException($"It says that it is machine {configuration.Id}.")
            : configuration;
    }
}
